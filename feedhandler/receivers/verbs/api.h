/* The functions of libibverbs that the receiver calls, found when it is opened; the hot ones are the header's own, through
 * `context->ops`. Looked up instead of linked, so that the program starts where the library is missing.
 */
#ifndef FEEDHANDLER_VERBS_API_H
#define FEEDHANDLER_VERBS_API_H

#include <dlfcn.h>
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <string.h>

#define FEEDHANDLER_VERBS(of) \
    of(ibv_get_device_list) of(ibv_free_device_list) of(ibv_get_device_name) of(ibv_open_device) of(ibv_close_device) \
    of(ibv_alloc_pd) of(ibv_dealloc_pd) of(ibv_reg_mr) of(ibv_dereg_mr) of(ibv_create_cq) of(ibv_destroy_cq) \
    of(ibv_create_qp) of(ibv_modify_qp) of(ibv_destroy_qp) of(ibv_wc_status_str)

#define FEEDHANDLER_VERBS_POINTER(name) __typeof__(name) *name##_found;
typedef struct {
    void *handle;
    FEEDHANDLER_VERBS(FEEDHANDLER_VERBS_POINTER)
} feedhandler_verbs;

/* One interface's queue pair, and what it is made of; what is NULL was not made. */
typedef struct {
    feedhandler_verbs *library;
    struct ibv_context *context;
    struct ibv_pd *domain;
    struct ibv_mr *region;
    struct ibv_cq *completions;
    struct ibv_cq_ex *stamped;         /* the same, where completions have wall-clock times */
    struct ibv_qp *pair;
    uint8_t port;
} feedhandler_pair;

static inline const char *feedhandler_verbs_load(feedhandler_verbs *library, const char *name)
{
    library->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL)
        return dlerror();
#define FEEDHANDLER_VERBS_FIND(name) \
    library->name##_found = (__typeof__(name) *)dlsym(library->handle, #name); \
    if (library->name##_found == NULL) \
        return "it has no function " #name;
    FEEDHANDLER_VERBS(FEEDHANDLER_VERBS_FIND)
#undef FEEDHANDLER_VERBS_FIND
    return NULL;
}

static inline void feedhandler_verbs_unload(feedhandler_verbs *library)
{
    if (library->handle != NULL)
        dlclose(library->handle);
    library->handle = NULL;
}

/* Each step says 0, or the error that errno had; `feedhandler_pair_close` undoes those that were made. */

static inline int feedhandler_error(void) { return errno != 0 ? errno : EIO; }

static inline int feedhandler_pair_open(feedhandler_pair *one, feedhandler_verbs *library, const char *device, int port)
{
    int error = ENODEV;
    struct ibv_device **found = library->ibv_get_device_list_found(NULL);
    one->library = library;
    one->port = (uint8_t)port;
    if (found == NULL)
        return feedhandler_error();
    for (struct ibv_device **at = found; *at != NULL; at++) {
        if (strcmp(library->ibv_get_device_name_found(*at), device) == 0) {
            errno = 0;
            one->context = library->ibv_open_device_found(*at);
            error = one->context != NULL ? 0 : feedhandler_error();
            break;
        }
    }
    library->ibv_free_device_list_found(found);
    return error;
}

static inline int feedhandler_pair_register(feedhandler_pair *one, void *memory, size_t bytes)
{
    errno = 0;
    one->domain = one->library->ibv_alloc_pd_found(one->context);
    if (one->domain == NULL)
        return feedhandler_error();
    one->region = one->library->ibv_reg_mr_found(one->domain, memory, bytes, IBV_ACCESS_LOCAL_WRITE);
    return one->region != NULL ? 0 : feedhandler_error();
}

/* Completions with wall-clock times where the card has them and they are wished. */
static inline int feedhandler_pair_complete(feedhandler_pair *one, int entries, int stamped)
{
    if (stamped) {
        struct ibv_cq_init_attr_ex wished;
        memset(&wished, 0, sizeof wished);
        wished.cqe = (uint32_t)entries;
        wished.wc_flags = IBV_WC_EX_WITH_BYTE_LEN | IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK;
        one->stamped = ibv_create_cq_ex(one->context, &wished);
        if (one->stamped != NULL) {
            one->completions = ibv_cq_ex_to_cq(one->stamped);
            return 0;
        }
    }
    errno = 0;
    one->completions = one->library->ibv_create_cq_found(one->context, entries, NULL, NULL, 0);
    return one->completions != NULL ? 0 : feedhandler_error();
}

static inline int feedhandler_pair_make(feedhandler_pair *one, int buffers)
{
    struct ibv_qp_init_attr wished;
    struct ibv_qp_attr state;
    int error;
    memset(&wished, 0, sizeof wished);
    wished.send_cq = wished.recv_cq = one->completions;
    wished.cap.max_recv_wr = (uint32_t)buffers;
    wished.cap.max_recv_sge = 1;
    wished.qp_type = IBV_QPT_RAW_PACKET;
    errno = 0;
    one->pair = one->library->ibv_create_qp_found(one->domain, &wished);
    if (one->pair == NULL)
        return feedhandler_error();
    memset(&state, 0, sizeof state);
    state.qp_state = IBV_QPS_INIT;
    state.port_num = one->port;
    error = one->library->ibv_modify_qp_found(one->pair, &state, IBV_QP_STATE | IBV_QP_PORT);
    if (error != 0)
        return error;
    state.qp_state = IBV_QPS_RTR;
    return one->library->ibv_modify_qp_found(one->pair, &state, IBV_QP_STATE);
}

/* Let in one group and port, both in network order; the flow goes with the queue pair's context. */
static inline struct ibv_flow *feedhandler_pair_steer(feedhandler_pair *one, uint32_t group, uint16_t port)
{
    struct {
        struct ibv_flow_attr attr;
        struct ibv_flow_spec_eth ethernet;
        struct ibv_flow_spec_ipv4 ipv4;
        struct ibv_flow_spec_tcp_udp udp;
    } __attribute__((packed)) rule;
    const uint8_t *bytes = (const uint8_t *)&group;
    const uint8_t address[6] = {0x01, 0x00, 0x5E, (uint8_t)(bytes[1] & 0x7F), bytes[2], bytes[3]};
    memset(&rule, 0, sizeof rule);
    rule.attr.type = IBV_FLOW_ATTR_NORMAL;
    rule.attr.size = sizeof rule;
    rule.attr.num_of_specs = 3;
    rule.attr.port = one->port;
    rule.ethernet.type = IBV_FLOW_SPEC_ETH;
    rule.ethernet.size = sizeof rule.ethernet;
    memcpy(rule.ethernet.val.dst_mac, address, sizeof address);
    memset(rule.ethernet.mask.dst_mac, 0xFF, sizeof address);
    rule.ipv4.type = IBV_FLOW_SPEC_IPV4;
    rule.ipv4.size = sizeof rule.ipv4;
    rule.ipv4.val.dst_ip = group;
    rule.ipv4.mask.dst_ip = 0xFFFFFFFF;
    rule.udp.type = IBV_FLOW_SPEC_UDP;
    rule.udp.size = sizeof rule.udp;
    rule.udp.val.dst_port = port;
    rule.udp.mask.dst_port = 0xFFFF;
    errno = 0;
    return ibv_create_flow(one->pair, &rule.attr);
}

static inline int feedhandler_flow_end(struct ibv_flow *flow) { return ibv_destroy_flow(flow); }

static inline void feedhandler_pair_close(feedhandler_pair *one)
{
    if (one->pair != NULL)
        one->library->ibv_destroy_qp_found(one->pair);
    if (one->completions != NULL)
        one->library->ibv_destroy_cq_found(one->completions);
    if (one->region != NULL)
        one->library->ibv_dereg_mr_found(one->region);
    if (one->domain != NULL)
        one->library->ibv_dealloc_pd_found(one->domain);
    if (one->context != NULL)
        one->library->ibv_close_device_found(one->context);
    memset(one, 0, sizeof *one);
}

/* Give the card buffers, as one chain; 0 or an error. */
static inline int feedhandler_pair_post(
    feedhandler_pair *one, uint8_t *memory, uint32_t buffer_bytes, const uint32_t *buffers, int count)
{
    struct ibv_recv_wr works[64], *refused;
    struct ibv_sge pieces[64];
    for (int number = 0; number < count; number++) {
        pieces[number].addr = (uintptr_t)(memory + (size_t)buffers[number] * buffer_bytes);
        pieces[number].length = buffer_bytes;
        pieces[number].lkey = one->region->lkey;
        works[number].wr_id = buffers[number];
        works[number].next = number + 1 < count ? &works[number + 1] : NULL;
        works[number].sg_list = &pieces[number];
        works[number].num_sge = 1;
    }
    return ibv_post_recv(one->pair, works, &refused);
}

typedef struct {
    uint64_t buffer;
    int64_t time_ns;
    uint32_t bytes;
    int status;
} feedhandler_completion;

/* Completions, at most `room`; negative where the queue cannot be read. */
static inline int feedhandler_pair_poll(feedhandler_pair *one, feedhandler_completion *found, int room)
{
    int count = 0;
    if (one->stamped != NULL) {
        struct ibv_poll_cq_attr attr = {0};
        int error = ibv_start_poll(one->stamped, &attr);
        if (error == ENOENT)
            return 0;
        if (error != 0)
            return -error;
        do {
            found[count].buffer = one->stamped->wr_id;
            found[count].status = (int)one->stamped->status;
            found[count].bytes = found[count].status == IBV_WC_SUCCESS ? ibv_wc_read_byte_len(one->stamped) : 0;
            found[count].time_ns = found[count].status == IBV_WC_SUCCESS
                ? (int64_t)ibv_wc_read_completion_wallclock_ns(one->stamped) : 0;
            count++;
        } while (count < room && ibv_next_poll(one->stamped) == 0);
        ibv_end_poll(one->stamped);
        return count;
    }
    struct ibv_wc works[64];
    int taken = ibv_poll_cq(one->completions, room < 64 ? room : 64, works);
    for (; count < taken; count++) {
        found[count].buffer = works[count].wr_id;
        found[count].status = (int)works[count].status;
        found[count].bytes = works[count].byte_len;
        found[count].time_ns = 0;
    }
    return taken < 0 ? -EIO : count;
}

#endif
