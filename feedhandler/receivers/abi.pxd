# The one C face of every receiver (docs/architecture.md, "Frame and receiver").
#
# A receiver fills an array of `frame` that its caller owns. The bytes at `address` stay valid until the frame is released; frames are released in the order
# in which they were lent, and the caller releases a whole burst before it polls again.

from libc.stdint cimport int64_t, uint16_t, uint32_t


cdef extern from *:
    """
    #include <stdint.h>
    #ifndef FEEDHANDLER_RECEIVER_ABI
    #define FEEDHANDLER_RECEIVER_ABI 1
    typedef struct {
        int64_t  address;        /* of the UDP payload */
        uint32_t length;         /* bytes of payload present at `address` */
        uint16_t line;           /* index of (channel, copy) */
        uint16_t flags;          /* FRAME_* */
        int64_t  hardware_ns;    /* device clock, 0 where there is none */
        int64_t  received_ns;    /* Unix epoch, never steps backwards within a run */
    } feedhandler_frame;

    typedef struct {
        void *context;
        int64_t (*poll)(void *context, feedhandler_frame *frames, int64_t capacity);   /* frames lent, or a RECEIVER_* status */
        void (*release)(void *context, int64_t count);                                 /* the oldest `count` lent frames */
    } feedhandler_receiver;

    _Static_assert(sizeof(feedhandler_frame) == 32, "a frame is 32 bytes");
    _Static_assert(sizeof(feedhandler_receiver) == 24, "a receiver is three pointers");
    #endif
    """
    ctypedef struct frame "feedhandler_frame":
        int64_t address
        uint32_t length
        uint16_t line
        uint16_t flags
        int64_t hardware_ns
        int64_t received_ns

    ctypedef struct receiver "feedhandler_receiver":
        void *context
        int64_t (*poll)(void *context, frame *frames, int64_t capacity) noexcept nogil
        void (*release)(void *context, int64_t count) noexcept nogil


cdef enum:
    FRAME_TRUNCATED = 1          # the capture or device kept fewer bytes than were sent
    FRAME_TIME_UNCERTAIN = 2     # received_ns was taken late, or repaired to keep it from stepping back
    FRAME_TICK = 4               # no bytes: only time passes

cdef enum:
    RECEIVER_ENDED = -1          # nothing more will ever come
    RECEIVER_FAILED = -2         # the reason is in the receiver's Python attribute `error`
