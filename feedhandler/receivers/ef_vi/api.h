/* The names of ef_vi that the receiver uses, and the library that has them, found when it is opened.
 *
 * Where the vendor's headers (Onload, <etherfabric/vi.h>) are there they are used: the hot calls are macros through
 * `vi->ops`, so that structs must be the library's own. Elsewhere these are declarations of our own, of just the names
 * that are used, as the headers of Onload 8.1 document them. They make the receiver compile and its loop testable; their
 * structs are not the vendor's, so a receiver that was built with them refuses the vendor's library (`interface`).
 */
#ifndef FEEDHANDLER_EF_VI_API_H
#define FEEDHANDLER_EF_VI_API_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__has_include) && !defined(FEEDHANDLER_EF_VI_OWN)
#if __has_include(<etherfabric/vi.h>)
#define FEEDHANDLER_EF_VI_VENDOR 1
#endif
#endif

#ifdef FEEDHANDLER_EF_VI_VENDOR

#include <etherfabric/base.h>
#include <etherfabric/ef_vi.h>
#include <etherfabric/efct_vi.h>
#include <etherfabric/memreg.h>
#include <etherfabric/pd.h>
#include <etherfabric/vi.h>
#ifndef FEEDHANDLER_EF_VI_INTERFACE     /* what the library beside the headers answers: set by setup.py */
#define FEEDHANDLER_EF_VI_INTERFACE ""
#endif

#else

#undef FEEDHANDLER_EF_VI_INTERFACE
#define FEEDHANDLER_EF_VI_INTERFACE "feedhandler's own declarations, 1"

typedef int ef_driver_handle;
typedef uint64_t ef_addr;
typedef int ef_request_id;
typedef struct timespec ef_timespec;
struct ef_vi;

enum { EF_VI_RECEIVE_BATCH = 15, EF_VI_EVENT_POLL_MIN_EVS = 2 };
enum { EF_EVENT_FLAG_SOP = 0x1, EF_EVENT_FLAG_CONT = 0x2 };
enum { EF_VI_SYNC_FLAG_CLOCK_SET = 1, EF_VI_SYNC_FLAG_CLOCK_IN_SYNC = 2 };
enum ef_pd_flags { EF_PD_DEFAULT = 0 };
enum ef_filter_flags { EF_FILTER_FLAG_NONE = 0 };
enum ef_vi_flags { EF_VI_FLAGS_DEFAULT = 0, EF_VI_RX_TIMESTAMPS = 0x10000, EF_VI_RX_EVENT_MERGE = 0x200000 };
enum ef_vi_arch { EF_VI_ARCH_FALCON, EF_VI_ARCH_EF10, EF_VI_ARCH_EF100, EF_VI_ARCH_EFCT, EF_VI_ARCH_AF_XDP };
enum {
    EF_EVENT_TYPE_RX = 0, EF_EVENT_TYPE_RX_DISCARD = 2, EF_EVENT_TYPE_RX_NO_DESC_TRUNC = 4, EF_EVENT_TYPE_OFLOW = 6,
    EF_EVENT_TYPE_RX_MULTI = 9, EF_EVENT_TYPE_RX_MULTI_DISCARD = 11, EF_EVENT_TYPE_RESET = 14, EF_EVENT_TYPE_RX_REF = 15,
    EF_EVENT_TYPE_RX_REF_DISCARD = 16
};

typedef union {
    struct { uint16_t type; } generic;
    struct { uint16_t type; uint8_t q_id; uint32_t rq_id; uint16_t len; uint16_t flags; } rx;
    struct { uint16_t type; uint8_t q_id; uint32_t rq_id; uint16_t len; uint16_t flags; uint16_t subtype; } rx_discard;
    struct { uint16_t type; uint8_t q_id; uint16_t n_descs; uint16_t flags; } rx_multi;
    struct { uint16_t type; uint16_t len; uint32_t pkt_id; uint8_t q_id; } rx_ref;
} ef_event;
#define EF_EVENT_TYPE(e) ((e).generic.type)

typedef struct ef_vi {
    unsigned rx_prefix_len;
    unsigned rx_capacity;
    struct { unsigned char arch; } nic_type;
    void *fake;                                     /* of a library that stands in for a card */
    struct {
        int (*receive_init)(struct ef_vi *, ef_addr, ef_request_id);
        void (*receive_push)(struct ef_vi *);
        int (*eventq_poll)(struct ef_vi *, ef_event *, int);
    } ops;
} ef_vi;
typedef struct { void *fake; } ef_pd;
typedef struct { char *fake; } ef_memreg;
typedef struct { uint32_t group_be32; uint16_t port_be16; uint8_t protocol; } ef_filter_spec;
typedef struct { int filter_id; } ef_filter_cookie;

#define ef_vi_receive_init(vi, address, id) (vi)->ops.receive_init((vi), (address), (id))
#define ef_vi_receive_push(vi) (vi)->ops.receive_push((vi))
#define ef_eventq_poll(vi, events, count) (vi)->ops.eventq_poll((vi), (events), (count))
static inline int ef_vi_receive_prefix_len(const ef_vi *vi) { return (int)vi->rx_prefix_len; }
static inline int ef_vi_receive_capacity(const ef_vi *vi) { return (int)vi->rx_capacity; }
static inline ef_addr ef_memreg_dma_addr(ef_memreg *region, size_t offset) { return (ef_addr)(region->fake + offset); }

const char *ef_vi_version_str(void);
const char *ef_vi_driver_interface_str(void);
int ef_driver_open(ef_driver_handle *);
int ef_driver_close(ef_driver_handle);
int ef_pd_alloc_by_name(ef_pd *, ef_driver_handle, const char *, enum ef_pd_flags);
int ef_pd_free(ef_pd *, ef_driver_handle);
int ef_vi_alloc_from_pd(ef_vi *, ef_driver_handle, ef_pd *, ef_driver_handle, int, int, int, ef_vi *, ef_driver_handle,
                        enum ef_vi_flags);
int ef_vi_free(ef_vi *, ef_driver_handle);
int ef_memreg_alloc(ef_memreg *, ef_driver_handle, ef_pd *, ef_driver_handle, void *, size_t);
int ef_memreg_free(ef_memreg *, ef_driver_handle);
void ef_filter_spec_init(ef_filter_spec *, enum ef_filter_flags);
int ef_filter_spec_set_ip4_local(ef_filter_spec *, int, unsigned, int);
int ef_vi_filter_add(ef_vi *, ef_driver_handle, const ef_filter_spec *, ef_filter_cookie *);
int ef_vi_filter_del(ef_vi *, ef_driver_handle, ef_filter_cookie *);
int ef_vi_receive_get_bytes(ef_vi *, const void *, uint16_t *);
int ef_vi_receive_unbundle(ef_vi *, const ef_event *, ef_request_id *);
int ef_vi_receive_get_timestamp_with_sync_flags(ef_vi *, const void *, ef_timespec *, unsigned *);
const void *efct_vi_rxpkt_get(ef_vi *, uint32_t);
void efct_vi_rxpkt_release(ef_vi *, uint32_t);
int efct_vi_rxpkt_get_timestamp(ef_vi *, uint32_t, ef_timespec *, unsigned *);

#endif

/* The functions, each of the type that the header gives it. */
#define FEEDHANDLER_EF_VI_NEEDED(of) \
    of(ef_vi_version_str) of(ef_vi_driver_interface_str) of(ef_driver_open) of(ef_driver_close) of(ef_pd_alloc_by_name) \
    of(ef_pd_free) of(ef_vi_alloc_from_pd) of(ef_vi_free) of(ef_memreg_alloc) of(ef_memreg_free) of(ef_filter_spec_init) \
    of(ef_filter_spec_set_ip4_local) of(ef_vi_filter_add) of(ef_vi_filter_del) of(ef_vi_receive_get_bytes) \
    of(ef_vi_receive_unbundle) of(ef_vi_receive_get_timestamp_with_sync_flags)
#define FEEDHANDLER_EF_VI_OF_X3(of) \
    of(efct_vi_rxpkt_get) of(efct_vi_rxpkt_release) of(efct_vi_rxpkt_get_timestamp)

#define FEEDHANDLER_EF_VI_POINTER(name) __typeof__(name) *name;
typedef struct {
    FEEDHANDLER_EF_VI_NEEDED(FEEDHANDLER_EF_VI_POINTER)
    FEEDHANDLER_EF_VI_OF_X3(FEEDHANDLER_EF_VI_POINTER)
} feedhandler_ef_vi_calls;
typedef struct {
    void *handle;
    feedhandler_ef_vi_calls call;
} feedhandler_ef_vi;

/* Open the library: NULL, or what is wrong with it. The functions of X3 cards stay NULL in a library that is older. */
static inline const char *feedhandler_ef_vi_load(feedhandler_ef_vi *library, const char *name)
{
    library->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL)
        return dlerror();
#define FEEDHANDLER_EF_VI_FIND(name) library->call.name = (__typeof__(name) *)dlsym(library->handle, #name);
    FEEDHANDLER_EF_VI_NEEDED(FEEDHANDLER_EF_VI_FIND)
    FEEDHANDLER_EF_VI_OF_X3(FEEDHANDLER_EF_VI_FIND)
#undef FEEDHANDLER_EF_VI_FIND
#define FEEDHANDLER_EF_VI_CHECK(name) if (library->call.name == NULL) return "it has no function " #name;
    FEEDHANDLER_EF_VI_NEEDED(FEEDHANDLER_EF_VI_CHECK)
#undef FEEDHANDLER_EF_VI_CHECK
    return NULL;
}

static inline void feedhandler_ef_vi_unload(feedhandler_ef_vi *library)
{
    if (library->handle != NULL)
        dlclose(library->handle);
    library->handle = NULL;
}

/* Macros of the vendor's header, as functions. */
static inline int feedhandler_ef_vi_post(ef_vi *vi, ef_addr address, ef_request_id id)
{ return ef_vi_receive_init(vi, address, id); }
static inline void feedhandler_ef_vi_push(ef_vi *vi) { ef_vi_receive_push(vi); }
static inline int feedhandler_ef_vi_poll(ef_vi *vi, ef_event *events, int count)
{ return ef_eventq_poll(vi, events, count); }
static inline unsigned feedhandler_event_type(const ef_event *event) { return EF_EVENT_TYPE(*event); }
static inline unsigned feedhandler_event_buffer(const ef_event *event) { return event->rx.rq_id; }
static inline unsigned feedhandler_event_bytes(const ef_event *event) { return event->rx.len; }
static inline unsigned feedhandler_event_reason(const ef_event *event) { return event->rx_discard.subtype; }
static inline int feedhandler_event_whole(const ef_event *event)
{ return (event->rx.flags & (EF_EVENT_FLAG_SOP | EF_EVENT_FLAG_CONT)) == EF_EVENT_FLAG_SOP; }
static inline int feedhandler_event_merged_whole(const ef_event *event)
{ return (event->rx_multi.flags & (EF_EVENT_FLAG_SOP | EF_EVENT_FLAG_CONT)) == EF_EVENT_FLAG_SOP; }
static inline unsigned feedhandler_event_reference(const ef_event *event) { return event->rx_ref.pkt_id; }
static inline unsigned feedhandler_event_reference_bytes(const ef_event *event) { return event->rx_ref.len; }
static inline int feedhandler_ef_vi_references(const ef_vi *vi) { return vi->nic_type.arch == EF_VI_ARCH_EFCT; }

#endif
