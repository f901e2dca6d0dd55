# What of the C library and the kernel is used, by their own names, and who answers where sockets were replaced.

from libc.stdint cimport int64_t, uint32_t

from posix.time cimport timespec


cdef extern from *:
    """
    #include <arpa/inet.h>
    #include <dlfcn.h>
    #include <errno.h>
    #include <netinet/in.h>
    #include <poll.h>
    #include <sys/socket.h>

    #ifndef SO_MEMINFO
    #define SO_MEMINFO 55
    #endif
    enum { FEEDHANDLER_MEMINFO_WORDS = 9, FEEDHANDLER_MEMINFO_DROPS = 8 };   /* <linux/sock_diag.h>, SK_MEMINFO_* */

    /* errors that say that the network is away for now, not that the socket is no good */
    static inline int feedhandler_passes(int number)
    {
        switch (number) {
        case ENETDOWN: case ENETUNREACH: case EHOSTDOWN: case EHOSTUNREACH: case ECONNREFUSED:
        case ENOBUFS: case ENOMEM: case EPROTO: case ENOPROTOOPT: case ENONET: case EOPNOTSUPP:
            return 1;
        }
        return 0;
    }

    /* how many endpoints there are: one that was added is complete before it is counted */
    static inline int64_t feedhandler_count_load(const int64_t *count)
    { return __atomic_load_n(count, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_count_store(int64_t *count, int64_t value)
    { __atomic_store_n(count, value, __ATOMIC_RELEASE); }

    /* the kernel's count of drops at a socket; 0 where the socket is not the kernel's */
    static inline int feedhandler_socket_drops(int descriptor, uint32_t *drops)
    {
        uint32_t words[FEEDHANDLER_MEMINFO_WORDS];
        socklen_t size = sizeof words;
        if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, words, &size) != 0 || size < sizeof words)
            return 0;
        *drops = words[FEEDHANDLER_MEMINFO_DROPS];
        return 1;
    }

    /* the file of the library that answers when recvmmsg is called */
    static const char *feedhandler_library_of_sockets(void)
    {
        Dl_info found;
        void *function = dlsym(RTLD_DEFAULT, "recvmmsg");
        if (function == NULL || dladdr(function, &found) == 0)
            return NULL;
        return found.dli_fname;
    }
    static int feedhandler_onload_is_present(void) { return dlsym(RTLD_DEFAULT, "onload_is_present") != NULL; }
    static const char *feedhandler_library_of_c(void)
    {
        Dl_info found;
        void *function = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
        if (function == NULL)
            function = dlsym(RTLD_DEFAULT, "qsort");
        if (function == NULL || dladdr(function, &found) == 0)
            return NULL;
        return found.dli_fname;
    }
    """
    ctypedef unsigned int socklen_t
    struct iovec:
        void *iov_base
        size_t iov_len
    struct in_address "in_addr":
        uint32_t s_addr
    struct sockaddr_in:
        in_address sin_addr
    struct message_header "msghdr":
        void *msg_name
        socklen_t msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
        void *msg_control
        size_t msg_controllen
        int msg_flags
    struct mmsghdr:
        message_header msg_hdr
        unsigned int msg_len
    struct control_header "cmsghdr":
        int cmsg_level
        int cmsg_type
    struct waited "pollfd":
        int fd
        short events
    enum: POLLIN
    enum: MSG_DONTWAIT
    enum: MSG_TRUNC
    enum: SOL_SOCKET
    enum: SCM_TIMESTAMPNS
    enum: SCM_TIMESTAMPING
    enum: SO_RXQ_OVFL
    int recvmmsg(int descriptor, mmsghdr *messages, unsigned int count, int flags, timespec *limit) nogil
    int ppoll(waited *descriptors, unsigned long count, const timespec *limit, const void *signals) nogil
    control_header *CMSG_FIRSTHDR(message_header *message) nogil
    control_header *CMSG_NXTHDR(message_header *message, control_header *control) nogil
    unsigned char *CMSG_DATA(control_header *control) nogil
    uint32_t inet_addr(const char *text) nogil
    int64_t count_load "feedhandler_count_load" (const int64_t *count) nogil
    void count_store "feedhandler_count_store" (int64_t *count, int64_t value) nogil
    int passes "feedhandler_passes" (int number) nogil
    int socket_drops "feedhandler_socket_drops" (int descriptor, uint32_t *drops) nogil
    const char *library_of_sockets "feedhandler_library_of_sockets" ()
    const char *library_of_c "feedhandler_library_of_c" ()
    int onload_is_present "feedhandler_onload_is_present" ()
