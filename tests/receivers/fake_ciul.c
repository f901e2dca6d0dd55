/* A library that stands in for the vendor's libciul: cards without hardware, into which a test puts frames.
 *
 * Built by the tests with the receiver's own declarations (ef_vi/api.h). A card has a ring of posted buffers, an event
 * queue, filters, and a prefix before each frame in which its length and time are; an X3 card has packets of its own.
 */
#define FEEDHANDLER_EF_VI_OWN 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ef_vi/api.h"

enum { CARDS = 4, RING = 4096, EVENTS = 16384, FILTERS = 64, PREFIX = 14, PACKETS = 4096, PACKET_BYTES = 2048 };

struct prefix { uint32_t seconds, nanoseconds; uint16_t length; } __attribute__((packed));

struct card {
    char name[16];
    ef_vi *vi;
    unsigned flags;
    ef_addr addresses[RING];
    ef_request_id ids[RING];
    uint32_t posted, pushed, used;
    ef_request_id completed[EVENTS];
    uint32_t completed_first, completed_count;
    ef_event events[EVENTS];
    uint32_t event_first, event_count;
    ef_filter_spec filters[FILTERS];
    int filter_count;
    unsigned char *packets;
    uint32_t free_packets[PACKETS];
    int free_count;
};

static struct card cards[CARDS];
static int card_count;
static int open_things[4];                     /* handles, domains, interfaces, memories */
static int x3, sync_flags = 3, failing_call, failing_error, no_stamps;
static const char *interface_string = FEEDHANDLER_EF_VI_INTERFACE;
static int pushes;

static int fails(int call) { return failing_call == call ? -failing_error : 0; }

/* What a test calls. */

void fake_reset(int as_x3)
{
    for (int number = 0; number < CARDS; number++)
        free(cards[number].packets);
    memset(cards, 0, sizeof cards);
    memset(open_things, 0, sizeof open_things);
    card_count = failing_call = no_stamps = pushes = 0;
    x3 = as_x3;
    sync_flags = 3;
    interface_string = FEEDHANDLER_EF_VI_INTERFACE;
}

void fake_fail(int call, int error) { failing_call = call; failing_error = error; }
void fake_sync(int flags) { sync_flags = flags; }
void fake_without_stamps(void) { no_stamps = 1; }
void fake_interface(const char *text) { interface_string = text; }
int fake_open_things(void) { return open_things[0] + open_things[1] + open_things[2] + open_things[3]; }
int fake_pushes(void) { return pushes; }

static struct card *card_named(const char *name)
{
    for (int number = 0; number < card_count; number++)
        if (cards[number].vi != NULL && strcmp(cards[number].name, name) == 0)
            return &cards[number];
    return NULL;
}

int fake_posted(const char *name)
{
    struct card *card = card_named(name);
    return card == NULL ? -1 : x3 ? card->free_count : (int)(card->pushed - card->used);
}

static ef_event *event_new(struct card *card, int type)
{
    ef_event *event = &card->events[(card->event_first + card->event_count++) % EVENTS];
    memset(event, 0, sizeof *event);
    event->generic.type = (uint16_t)type;
    return event;
}

int fake_event(const char *name, int type)
{
    struct card *card = card_named(name);
    if (card == NULL)
        return -1;
    event_new(card, type);
    return 0;
}

static int passes(const struct card *card, const unsigned char *frame, int length)
{
    if (length < 38 || frame[12] != 8 || frame[13] != 0)
        return 1;
    for (int number = 0; number < card->filter_count; number++)
        if (memcmp(&card->filters[number].group_be32, frame + 30, 4) == 0
            && memcmp(&card->filters[number].port_be16, frame + 36, 2) == 0)
            return 1;
    return 0;
}

/* 1: it is in a buffer; 0: no filter lets it in; -1: there is no buffer. reason: -1 good, else why it is discarded. */
int fake_deliver(const char *name, const unsigned char *frame, int length, int64_t time_ns, int reason, int flags)
{
    struct card *card = card_named(name);
    if (card == NULL || !passes(card, frame, length))
        return 0;
    if (x3 ? card->free_count == 0 : card->pushed == card->used) {
        event_new(card, EF_EVENT_TYPE_RX_NO_DESC_TRUNC);
        return -1;
    }
    struct prefix prefix = {
        (uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000), (uint16_t)length,
    };
    if (x3) {
        uint32_t id = card->free_packets[--card->free_count];
        unsigned char *packet = card->packets + (size_t)id * PACKET_BYTES;
        memcpy(packet, &prefix, sizeof prefix);
        memcpy(packet + PREFIX, frame, length);
        ef_event *event = event_new(card, reason < 0 ? EF_EVENT_TYPE_RX_REF : EF_EVENT_TYPE_RX_REF_DISCARD);
        event->rx_ref.pkt_id = id;
        event->rx_ref.len = (uint16_t)length;
        return 1;
    }
    unsigned char *buffer = (unsigned char *)card->addresses[card->used % RING];
    ef_request_id id = card->ids[card->used++ % RING];
    memcpy(buffer, &prefix, sizeof prefix);
    memcpy(buffer + PREFIX, frame, length < PACKET_BYTES - PREFIX ? length : PACKET_BYTES - PREFIX);
    if (card->flags & EF_VI_RX_EVENT_MERGE) {
        int type = reason < 0 ? EF_EVENT_TYPE_RX_MULTI : EF_EVENT_TYPE_RX_MULTI_DISCARD;
        ef_event *last = &card->events[(card->event_first + card->event_count - 1) % EVENTS];
        if (card->event_count == 0 || last->generic.type != type || last->rx_multi.n_descs == EF_VI_RECEIVE_BATCH
            || last->rx_multi.flags != flags)
            last = event_new(card, type);
        last->rx_multi.n_descs++;
        last->rx_multi.flags = (uint16_t)flags;
        card->completed[(card->completed_first + card->completed_count++) % EVENTS] = id;
        return 1;
    }
    ef_event *event = event_new(card, reason < 0 ? EF_EVENT_TYPE_RX : EF_EVENT_TYPE_RX_DISCARD);
    event->rx.rq_id = (uint32_t)id;
    event->rx.len = (uint16_t)(length + PREFIX);
    event->rx.flags = (uint16_t)flags;
    if (reason >= 0)
        event->rx_discard.subtype = (uint16_t)reason;
    return 1;
}

/* What the receiver calls. */

const char *ef_vi_version_str(void) { return "stand-in 1"; }
const char *ef_vi_driver_interface_str(void) { return interface_string; }

int ef_driver_open(ef_driver_handle *handle)
{
    if (fails(1))
        return fails(1);
    *handle = ++open_things[0];
    return 0;
}
int ef_driver_close(ef_driver_handle handle) { (void)handle; open_things[0]--; return 0; }

int ef_pd_alloc_by_name(ef_pd *domain, ef_driver_handle handle, const char *name, enum ef_pd_flags flags)
{
    (void)handle, (void)flags;
    if (fails(2))
        return fails(2);
    struct card *card = &cards[card_count++ % CARDS];
    free(card->packets);
    memset(card, 0, sizeof *card);
    strncpy(card->name, name, sizeof card->name - 1);
    domain->fake = card;
    open_things[1]++;
    return 0;
}
int ef_pd_free(ef_pd *domain, ef_driver_handle handle) { (void)domain, (void)handle; open_things[1]--; return 0; }

static int receive_init(ef_vi *vi, ef_addr address, ef_request_id id)
{
    struct card *card = vi->fake;
    if (fails(5))
        return fails(5);
    if (card->posted - card->used >= vi->rx_capacity)
        return -EAGAIN;
    card->addresses[card->posted % RING] = address;
    card->ids[card->posted++ % RING] = id;
    return 0;
}
static void receive_push(ef_vi *vi)
{
    struct card *card = vi->fake;
    card->pushed = card->posted;
    pushes++;
}
static int eventq_poll(ef_vi *vi, ef_event *events, int room)
{
    struct card *card = vi->fake;
    int count = 0;
    while (count < room && card->event_count != 0) {
        events[count++] = card->events[card->event_first];
        card->event_first = (card->event_first + 1) % EVENTS;
        card->event_count--;
    }
    return count;
}

int ef_vi_alloc_from_pd(ef_vi *vi, ef_driver_handle handle, ef_pd *domain, ef_driver_handle domain_handle, int events,
                        int receive, int transmit, ef_vi *other, ef_driver_handle other_handle, enum ef_vi_flags flags)
{
    (void)handle, (void)domain_handle, (void)events, (void)transmit, (void)other, (void)other_handle;
    struct card *card = domain->fake;
    if (fails(3))
        return fails(3);
    if (no_stamps && flags & EF_VI_RX_TIMESTAMPS)
        return -EOPNOTSUPP;
    memset(vi, 0, sizeof *vi);
    vi->rx_prefix_len = PREFIX;
    vi->rx_capacity = (unsigned)receive - 1;
    vi->nic_type.arch = x3 ? EF_VI_ARCH_EFCT : EF_VI_ARCH_EF10;
    vi->fake = card;
    vi->ops.receive_init = receive_init;
    vi->ops.receive_push = receive_push;
    vi->ops.eventq_poll = eventq_poll;
    card->vi = vi;
    card->flags = flags;
    if (x3) {
        card->packets = calloc(PACKETS, PACKET_BYTES);
        for (int number = 0; number < receive && number < PACKETS; number++)
            card->free_packets[card->free_count++] = (uint32_t)number;
    }
    open_things[2]++;
    return 0;
}
int ef_vi_free(ef_vi *vi, ef_driver_handle handle)
{
    struct card *card = vi->fake;
    (void)handle;
    card->vi = NULL;
    free(card->packets);
    card->packets = NULL;
    open_things[2]--;
    return 0;
}

int ef_memreg_alloc(ef_memreg *memory, ef_driver_handle handle, ef_pd *domain, ef_driver_handle domain_handle, void *start,
                    size_t length)
{
    (void)handle, (void)domain, (void)domain_handle, (void)length;
    if (fails(4))
        return fails(4);
    memory->fake = start;
    open_things[3]++;
    return 0;
}
int ef_memreg_free(ef_memreg *memory, ef_driver_handle handle) { (void)memory, (void)handle; open_things[3]--; return 0; }

void ef_filter_spec_init(ef_filter_spec *spec, enum ef_filter_flags flags) { (void)flags; memset(spec, 0, sizeof *spec); }
int ef_filter_spec_set_ip4_local(ef_filter_spec *spec, int protocol, unsigned group, int port)
{
    spec->protocol = (uint8_t)protocol;
    spec->group_be32 = group;
    spec->port_be16 = (uint16_t)port;
    return protocol == 17 ? 0 : -EPROTONOSUPPORT;
}
int ef_vi_filter_add(ef_vi *vi, ef_driver_handle handle, const ef_filter_spec *spec, ef_filter_cookie *cookie)
{
    (void)handle;
    struct card *card = vi->fake;
    if (fails(6))
        return fails(6);
    if (card->filter_count == FILTERS)
        return -EBUSY;
    card->filters[card->filter_count++] = *spec;
    cookie->filter_id = (int)(spec->group_be32 ^ spec->port_be16);
    return 0;
}
int ef_vi_filter_del(ef_vi *vi, ef_driver_handle handle, ef_filter_cookie *cookie)
{
    (void)handle;
    struct card *card = vi->fake;
    for (int number = 0; number < card->filter_count; number++)
        if ((int)(card->filters[number].group_be32 ^ card->filters[number].port_be16) == cookie->filter_id) {
            card->filters[number] = card->filters[--card->filter_count];
            return 0;
        }
    return -ENOENT;
}

int ef_vi_receive_get_bytes(ef_vi *vi, const void *packet, uint16_t *bytes)
{
    (void)vi;
    *bytes = ((const struct prefix *)packet)->length;
    return 0;
}
int ef_vi_receive_unbundle(ef_vi *vi, const ef_event *event, ef_request_id *ids)
{
    struct card *card = vi->fake;
    for (int number = 0; number < event->rx_multi.n_descs; number++) {
        ids[number] = card->completed[card->completed_first];
        card->completed_first = (card->completed_first + 1) % EVENTS;
        card->completed_count--;
    }
    return event->rx_multi.n_descs;
}
static int stamp_of(const struct prefix *prefix, ef_timespec *stamp, unsigned *flags)
{
    if (prefix->seconds == 0)
        return -ENODATA;
    stamp->tv_sec = prefix->seconds;
    stamp->tv_nsec = prefix->nanoseconds;
    *flags = (unsigned)sync_flags;
    return 0;
}
int ef_vi_receive_get_timestamp_with_sync_flags(ef_vi *vi, const void *packet, ef_timespec *stamp, unsigned *flags)
{ (void)vi; return stamp_of(packet, stamp, flags); }

const void *efct_vi_rxpkt_get(ef_vi *vi, uint32_t id)
{ return ((struct card *)vi->fake)->packets + (size_t)id * PACKET_BYTES + PREFIX; }
void efct_vi_rxpkt_release(ef_vi *vi, uint32_t id)
{
    struct card *card = vi->fake;
    memset(card->packets + (size_t)id * PACKET_BYTES, 0xEE, PACKET_BYTES);
    card->free_packets[card->free_count++] = id;
}
int efct_vi_rxpkt_get_timestamp(ef_vi *vi, uint32_t id, ef_timespec *stamp, unsigned *flags)
{ return stamp_of((const struct prefix *)(((struct card *)vi->fake)->packets + (size_t)id * PACKET_BYTES), stamp, flags); }
