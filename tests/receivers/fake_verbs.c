/* A library that stands in for libibverbs: an RDMA device without hardware, into which a test puts frames.
 *
 * It has the functions that the receiver looks up, and a context whose `ops` and extended operations are its own. One
 * device of two ports, one queue pair a port.
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS = 2, RING = 32768, RULES = 64, PIECE_BYTES = 16384 };

struct rule { uint32_t group; uint16_t port; uint8_t address[6]; int used; };

struct port {
    struct ibv_qp pair;
    int has_pair, ready, error_state;
    struct { uint64_t id; unsigned char *start; uint32_t bytes, key; } posted[RING];
    uint32_t posted_count, used;
    uint32_t room;
    struct { uint64_t id; int64_t time_ns; uint32_t bytes; enum ibv_wc_status status; } completed[RING];
    uint32_t first, count;
    struct rule rules[RULES];
};

static struct port ports[PORTS];
static struct verbs_context verbs;
static struct ibv_device device;
static struct ibv_pd domain;
static struct ibv_mr region;
struct queue { struct ibv_cq_ex face; int made, port; };
static struct queue queues[PORTS];
static struct ibv_flow flows[PORTS * RULES];
static int open_things, failing_call, failing_error, no_stamps, posts, opened_ports;

static int fails(int call) { if (failing_call == call) { errno = failing_error; return failing_error; } return 0; }

/* What a test calls. */

void fake_reset(int unused)
{
    (void)unused;
    memset(ports, 0, sizeof ports);
    memset(queues, 0, sizeof queues);
    memset(flows, 0, sizeof flows);
    open_things = failing_call = no_stamps = posts = opened_ports = 0;
}
void fake_fail(int call, int error) { failing_call = call; failing_error = error; }
void fake_without_stamps(void) { no_stamps = 1; }
int fake_open_things(void) { return open_things; }
int fake_pushes(void) { return posts; }
int fake_posted(const char *name) { (void)name; return (int)(ports[0].posted_count - ports[0].used); }

static int passes(const struct port *port, const unsigned char *frame, int length)
{
    if (length < 38 || frame[12] != 8 || frame[13] != 0)
        return 1;
    for (int number = 0; number < RULES; number++)
        if (port->rules[number].used && memcmp(&port->rules[number].group, frame + 30, 4) == 0
            && memcmp(&port->rules[number].port, frame + 36, 2) == 0)
            return memcmp(port->rules[number].address, "\x01\x00\x5e", 3) == 0;
    return 0;
}

/* 1: it is in a buffer; 0: no rule lets it in; -1: there is no buffer. reason: -1 good, else the completion's status. */
int fake_deliver(const char *name, const unsigned char *frame, int length, int64_t time_ns, int reason, int flags)
{
    struct port *port = &ports[flags == 2 ? 1 : 0];
    (void)name;
    if (!port->ready || !passes(port, frame, length))
        return 0;
    if (port->posted_count == port->used)
        return -1;
    uint32_t at = port->used++ % RING;
    uint32_t end = (port->first + port->count++) % RING;
    port->completed[end].id = port->posted[at].id;
    port->completed[end].time_ns = time_ns;
    port->completed[end].bytes = (uint32_t)length;
    port->completed[end].status = reason < 0 ? IBV_WC_SUCCESS : (enum ibv_wc_status)reason;
    if (reason >= 0 || (uint32_t)length > port->posted[at].bytes || port->posted[at].key != region.lkey) {
        port->error_state = 1;
        if (reason < 0)
            port->completed[end].status = IBV_WC_LOC_LEN_ERR;
        return 1;
    }
    memcpy(port->posted[at].start, frame, (size_t)length);
    return 1;
}

/* What the receiver calls through the context. */

static int poll_cq(struct ibv_cq *queue, int room, struct ibv_wc *works)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    int count = 0;
    if (fails(9))
        return -1;
    while (count < room && port->count != 0) {
        memset(&works[count], 0, sizeof works[count]);
        works[count].wr_id = port->completed[port->first].id;
        works[count].status = port->completed[port->first].status;
        works[count++].byte_len = port->completed[port->first].bytes;
        port->first = (port->first + 1) % RING;
        port->count--;
    }
    return count;
}

static void show(struct ibv_cq_ex *queue, const struct port *port)
{
    queue->wr_id = port->completed[port->first].id;
    queue->status = port->completed[port->first].status;
}
static int start_poll(struct ibv_cq_ex *queue, struct ibv_poll_cq_attr *attr)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    (void)attr;
    if (port->count == 0)
        return ENOENT;
    show(queue, port);
    return 0;
}
static int next_poll(struct ibv_cq_ex *queue)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    port->first = (port->first + 1) % RING;
    if (--port->count == 0) {
        port->count = 1;                           /* taken away at the end */
        port->first = (port->first + RING - 1) % RING;
        return ENOENT;
    }
    show(queue, port);
    return 0;
}
static void end_poll(struct ibv_cq_ex *queue)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    port->first = (port->first + 1) % RING;
    port->count--;
}
static uint32_t read_byte_len(struct ibv_cq_ex *queue)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    return port->completed[port->first].bytes;
}
static uint64_t read_wallclock(struct ibv_cq_ex *queue)
{
    struct port *port = &ports[((struct queue *)queue)->port];
    return (uint64_t)port->completed[port->first].time_ns;
}
static struct ibv_cq_ex *create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *wished)
{
    struct queue *queue = &queues[opened_ports - 1];
    if (no_stamps || !(wished->wc_flags & IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK)) {
        errno = EOPNOTSUPP;
        return NULL;
    }
    queue->port = opened_ports - 1;
    queue->face.context = context;
    queue->face.start_poll = start_poll;
    queue->face.next_poll = next_poll;
    queue->face.end_poll = end_poll;
    queue->face.read_byte_len = read_byte_len;
    queue->face.read_completion_wallclock_ns = read_wallclock;
    open_things++;
    return &queue->face;
}

static int post_recv(struct ibv_qp *pair, struct ibv_recv_wr *work, struct ibv_recv_wr **bad)
{
    struct port *port = &ports[pair->handle];
    posts++;
    if (fails(8))
        return failing_error;
    for (; work != NULL; work = work->next) {
        if (port->posted_count - port->used >= port->room || work->num_sge != 1) {
            *bad = work;
            return ENOMEM;
        }
        uint32_t at = port->posted_count++ % RING;
        port->posted[at].id = work->wr_id;
        port->posted[at].start = (unsigned char *)(uintptr_t)work->sg_list->addr;
        port->posted[at].bytes = work->sg_list->length;
        port->posted[at].key = work->sg_list->lkey;
    }
    return 0;
}

static struct ibv_flow *create_flow(struct ibv_qp *pair, struct ibv_flow_attr *attr)
{
    const unsigned char *at = (const unsigned char *)(attr + 1);
    struct port *port = &ports[pair->handle];
    if (fails(7))
        return NULL;
    for (int number = 0; number < RULES; number++) {
        struct rule *rule = &port->rules[number];
        if (rule->used)
            continue;
        for (int spec = 0; spec < attr->num_of_specs; spec++) {
            struct ibv_flow_spec_eth ethernet;
            memcpy(&ethernet, at, sizeof ethernet < 48 ? sizeof ethernet : 48);
            if (ethernet.type == IBV_FLOW_SPEC_ETH)
                memcpy(rule->address, ethernet.val.dst_mac, 6);
            if (ethernet.type == IBV_FLOW_SPEC_IPV4)
                rule->group = ((const struct ibv_flow_spec_ipv4 *)(const void *)at)->val.dst_ip;
            if (ethernet.type == IBV_FLOW_SPEC_UDP)
                rule->port = ((const struct ibv_flow_spec_tcp_udp *)(const void *)at)->val.dst_port;
            at += ethernet.size;
        }
        rule->used = 1;
        open_things++;
        struct ibv_flow *flow = &flows[pair->handle * RULES + (uint32_t)number];
        flow->context = pair->context;
        return flow;
    }
    errno = ENOMEM;
    return NULL;
}
static int destroy_flow(struct ibv_flow *flow)
{
    ptrdiff_t number = flow - flows;
    ports[number / RULES].rules[number % RULES].used = 0;
    open_things--;
    return 0;
}

/* What the receiver looks up. */

#undef ibv_get_device_list
#undef ibv_reg_mr

struct ibv_device **ibv_get_device_list(int *count)
{
    struct ibv_device **list = calloc(2, sizeof *list);
    list[0] = &device;
    if (count != NULL)
        *count = 1;
    return list;
}
void ibv_free_device_list(struct ibv_device **list) { free(list); }
const char *ibv_get_device_name(struct ibv_device *one) { (void)one; return "fake0"; }
struct ibv_context *ibv_open_device(struct ibv_device *one)
{
    if (fails(1))
        return NULL;
    memset(&verbs, 0, sizeof verbs);
    verbs.sz = sizeof verbs;
    verbs.context.device = one;
    verbs.context.abi_compat = __VERBS_ABI_IS_EXTENDED;
    verbs.context.ops.poll_cq = poll_cq;
    verbs.context.ops.post_recv = post_recv;
    verbs.create_cq_ex = create_cq_ex;
    verbs.ibv_create_flow = create_flow;
    verbs.ibv_destroy_flow = destroy_flow;
    opened_ports = opened_ports == PORTS ? 1 : opened_ports + 1;
    open_things++;
    return &verbs.context;
}
int ibv_close_device(struct ibv_context *context) { (void)context; open_things--; opened_ports--; return 0; }
struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
    if (fails(2))
        return NULL;
    domain.context = context;
    open_things++;
    return &domain;
}
int ibv_dealloc_pd(struct ibv_pd *one) { (void)one; open_things--; return 0; }
struct ibv_mr *ibv_reg_mr(struct ibv_pd *one, void *start, size_t bytes, int access)
{
    (void)one;
    if (fails(3))
        return NULL;
    region.addr = start;
    region.length = bytes;
    region.lkey = access == IBV_ACCESS_LOCAL_WRITE ? 0x1234 : 0;
    open_things++;
    return &region;
}
int ibv_dereg_mr(struct ibv_mr *one) { (void)one; open_things--; return 0; }
struct ibv_cq *ibv_create_cq(struct ibv_context *context, int entries, void *own, struct ibv_comp_channel *channel, int vector)
{
    struct queue *queue = &queues[opened_ports - 1];
    (void)entries, (void)own, (void)channel, (void)vector;
    if (fails(4))
        return NULL;
    queue->port = opened_ports - 1;
    queue->face.context = context;
    open_things++;
    return (struct ibv_cq *)&queue->face;
}
int ibv_destroy_cq(struct ibv_cq *one) { (void)one; open_things--; return 0; }
struct ibv_qp *ibv_create_qp(struct ibv_pd *one, struct ibv_qp_init_attr *wished)
{
    struct port *port = &ports[((struct queue *)wished->recv_cq)->port];
    if (fails(5))
        return NULL;
    if (wished->qp_type != IBV_QPT_RAW_PACKET) {
        errno = EINVAL;
        return NULL;
    }
    memset(port, 0, sizeof *port);
    port->pair.context = one->context;
    port->pair.handle = (uint32_t)(port - ports);
    port->room = wished->cap.max_recv_wr;
    open_things++;
    return &port->pair;
}
int ibv_modify_qp(struct ibv_qp *pair, struct ibv_qp_attr *wished, int mask)
{
    (void)mask;
    if (fails(6))
        return failing_error;
    ports[pair->handle].ready = wished->qp_state == IBV_QPS_RTR;
    return 0;
}
int ibv_destroy_qp(struct ibv_qp *pair) { ports[pair->handle].ready = 0; open_things--; return 0; }
const char *ibv_wc_status_str(enum ibv_wc_status status)
{ return status == IBV_WC_LOC_LEN_ERR ? "local length error" : "Work Request Flushed Error"; }
