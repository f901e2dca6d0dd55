# What of the vendor's library is used, by its own names (`api.h`): functions that are looked up in it, and its macros.

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t


cdef extern from *:
    """
    #include "api.h"
    """
    const char *OUR_INTERFACE "FEEDHANDLER_EF_VI_INTERFACE"
    ctypedef int ef_driver_handle
    ctypedef int ef_request_id
    ctypedef uint64_t ef_addr
    ctypedef struct ef_timespec:
        int64_t tv_sec
        long tv_nsec
    ctypedef struct ef_vi:
        pass
    ctypedef struct ef_event:
        pass
    ctypedef struct ef_pd:
        pass
    ctypedef struct ef_memreg:
        pass
    ctypedef struct ef_filter_spec:
        pass
    ctypedef struct ef_filter_cookie:
        pass
    ctypedef enum ef_vi_flags "enum ef_vi_flags":
        EF_VI_FLAGS_DEFAULT
        EF_VI_RX_TIMESTAMPS
        EF_VI_RX_EVENT_MERGE
    ctypedef enum ef_pd_flags "enum ef_pd_flags":
        EF_PD_DEFAULT
    ctypedef enum ef_filter_flags "enum ef_filter_flags":
        EF_FILTER_FLAG_NONE
    enum:
        EF_VI_RECEIVE_BATCH
        EF_EVENT_TYPE_RX
        EF_EVENT_TYPE_RX_DISCARD
        EF_EVENT_TYPE_RX_NO_DESC_TRUNC
        EF_EVENT_TYPE_OFLOW
        EF_EVENT_TYPE_RX_MULTI
        EF_EVENT_TYPE_RX_MULTI_DISCARD
        EF_EVENT_TYPE_RESET
        EF_EVENT_TYPE_RX_REF
        EF_EVENT_TYPE_RX_REF_DISCARD
        EF_VI_SYNC_FLAG_CLOCK_SET
        EF_VI_SYNC_FLAG_CLOCK_IN_SYNC
    ctypedef struct calls "feedhandler_ef_vi_calls":
        const char *(*ef_vi_version_str)() nogil
        const char *(*ef_vi_driver_interface_str)() nogil
        int (*ef_driver_open)(ef_driver_handle *) nogil
        int (*ef_driver_close)(ef_driver_handle) nogil
        int (*ef_pd_alloc_by_name)(ef_pd *, ef_driver_handle, const char *, ef_pd_flags) nogil
        int (*ef_pd_free)(ef_pd *, ef_driver_handle) nogil
        int (*ef_vi_alloc_from_pd)(
            ef_vi *, ef_driver_handle, ef_pd *, ef_driver_handle, int, int, int, ef_vi *, ef_driver_handle, ef_vi_flags
        ) nogil
        int (*ef_vi_free)(ef_vi *, ef_driver_handle) nogil
        int (*ef_memreg_alloc)(ef_memreg *, ef_driver_handle, ef_pd *, ef_driver_handle, void *, size_t) nogil
        int (*ef_memreg_free)(ef_memreg *, ef_driver_handle) nogil
        void (*ef_filter_spec_init)(ef_filter_spec *, ef_filter_flags) nogil
        int (*ef_filter_spec_set_ip4_local)(ef_filter_spec *, int, unsigned, int) nogil
        int (*ef_vi_filter_add)(ef_vi *, ef_driver_handle, const ef_filter_spec *, ef_filter_cookie *) nogil
        int (*ef_vi_filter_del)(ef_vi *, ef_driver_handle, ef_filter_cookie *) nogil
        int (*ef_vi_receive_get_bytes)(ef_vi *, const void *, uint16_t *) noexcept nogil
        int (*ef_vi_receive_unbundle)(ef_vi *, const ef_event *, ef_request_id *) noexcept nogil
        int (*ef_vi_receive_get_timestamp_with_sync_flags)(
            ef_vi *, const void *, ef_timespec *, unsigned *
        ) noexcept nogil
        const void *(*efct_vi_rxpkt_get)(ef_vi *, uint32_t) noexcept nogil
        void (*efct_vi_rxpkt_release)(ef_vi *, uint32_t) noexcept nogil
        int (*efct_vi_rxpkt_get_timestamp)(ef_vi *, uint32_t, ef_timespec *, unsigned *) noexcept nogil
    ctypedef struct loaded "feedhandler_ef_vi":
        calls call
    const char *library_load "feedhandler_ef_vi_load" (loaded *library, const char *name)
    void library_unload "feedhandler_ef_vi_unload" (loaded *library)
    int prefix_length "ef_vi_receive_prefix_len" (const ef_vi *vi)
    int ring_capacity "ef_vi_receive_capacity" (const ef_vi *vi)
    ef_addr device_address "ef_memreg_dma_addr" (ef_memreg *memory, size_t offset) noexcept nogil
    int post "feedhandler_ef_vi_post" (ef_vi *vi, ef_addr address, ef_request_id id) noexcept nogil
    void push "feedhandler_ef_vi_push" (ef_vi *vi) noexcept nogil
    int events_poll "feedhandler_ef_vi_poll" (ef_vi *vi, ef_event *events, int count) noexcept nogil
    int is_x3 "feedhandler_ef_vi_references" (const ef_vi *vi)
    unsigned event_type "feedhandler_event_type" (const ef_event *event) noexcept nogil
    unsigned event_buffer "feedhandler_event_buffer" (const ef_event *event) noexcept nogil
    unsigned event_bytes "feedhandler_event_bytes" (const ef_event *event) noexcept nogil
    unsigned event_reason "feedhandler_event_reason" (const ef_event *event) noexcept nogil
    int event_whole "feedhandler_event_whole" (const ef_event *event) noexcept nogil
    int event_merged_whole "feedhandler_event_merged_whole" (const ef_event *event) noexcept nogil
    unsigned event_reference "feedhandler_event_reference" (const ef_event *event) noexcept nogil
    unsigned event_reference_bytes "feedhandler_event_reference_bytes" (const ef_event *event) noexcept nogil
