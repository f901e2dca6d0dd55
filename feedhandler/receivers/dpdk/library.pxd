# What of DPDK is used to open its environment and its ports, by its own names.

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.stdio cimport FILE


cdef extern from *:
    """
    #define _GNU_SOURCE 1
    #include <stdio.h>
    #include <net/if.h>
    #include <rte_dev.h>
    #include <rte_eal.h>
    #include <rte_errno.h>
    #include <rte_ethdev.h>
    #include <rte_lcore.h>
    #include <rte_log.h>
    #include <rte_mbuf.h>
    #include <rte_mbuf_dyn.h>
    #include <rte_mbuf_pool_ops.h>
    #include <rte_mempool.h>
    #include <rte_version.h>

    static int feedhandler_error(void) { return rte_errno; }
    static FILE *feedhandler_log_stream(ssize_t (*write)(void *, const char *, size_t))
    {
        cookie_io_functions_t functions = { .write = write };
        FILE *stream = fopencookie(NULL, "w", functions);
        if (stream != NULL)
            setvbuf(stream, NULL, _IOLBF, 1024);
        return stream;
    }
    /* net_af_xdp gives the kernel count * size bytes from the first buffer on, and knows of no holes between buffers. An
       ordinary pool has some, since no buffer may lie across two pages (one in each page of 4 KiB): those beyond the end
       the kernel takes and never brings back. Nothing but the kernel's copy writes there, so pages do not matter. */
    static struct rte_mempool *feedhandler_pool_without_holes(
        const char *name, unsigned count, unsigned cached, uint16_t room, int node)
    {
        struct rte_pktmbuf_pool_private settings = { .mbuf_data_room_size = room };
        struct rte_mempool *pool = rte_mempool_create_empty(
            name, count, sizeof(struct rte_mbuf) + room, cached, sizeof(settings), node,
            RTE_MEMPOOL_F_NO_IOVA_CONTIG | RTE_MEMPOOL_F_NO_SPREAD);
        if (pool == NULL)
            return NULL;
        int result = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
        if (result == 0) {
            rte_pktmbuf_pool_init(pool, &settings);
            result = rte_mempool_populate_default(pool);
        }
        if (result < 0 || pool->nb_mem_chunks != 1) {
            rte_mempool_free(pool);
            rte_errno = result < 0 ? -result : ENOMEM;
            return NULL;
        }
        rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
        return pool;
    }
    static void feedhandler_settings_spread(struct rte_eth_conf *settings, uint64_t flows)
    {
        if (flows != 0) {
            settings->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
            settings->rx_adv_conf.rss_conf.rss_hf = flows;
        }
    }
    """
    enum: IF_NAMESIZE
    enum: RTE_PKTMBUF_HEADROOM
    const uint64_t RTE_ETH_RX_OFFLOAD_TIMESTAMP
    const uint64_t RTE_ETH_RSS_IP
    const uint64_t RTE_ETH_RSS_UDP
    struct ether_address "rte_ether_addr":
        unsigned char addr_bytes[6]
    struct receive_mode "rte_eth_rxmode":
        uint32_t mtu
        uint64_t offloads
    struct port_settings "rte_eth_conf":
        receive_mode rxmode
    struct port_information "rte_eth_dev_info":
        const char *driver_name
        unsigned int if_index
        uint16_t max_rx_queues
        uint16_t max_tx_queues
        uint64_t rx_offload_capa
        uint64_t flow_type_rss_offloads
    struct port_figures "rte_eth_stats":
        uint64_t ipackets
        uint64_t imissed
        uint64_t ierrors
        uint64_t rx_nombuf
    struct mempool "rte_mempool":
        pass
    void settings_spread "feedhandler_settings_spread" (port_settings *settings, uint64_t flows) nogil
    FILE *log_stream "feedhandler_log_stream" (ssize_t (*write)(void *, const char *, size_t) noexcept nogil) nogil
    void flockfile(FILE *stream) nogil
    void funlockfile(FILE *stream) nogil
    char *if_indextoname(unsigned int number, char *name) nogil
    int last_error "feedhandler_error" () nogil
    const char *rte_strerror(int number) nogil
    const char *rte_version() nogil
    int rte_openlog_stream(FILE *stream) nogil
    int rte_eal_init(int count, char **arguments) nogil
    int rte_eal_has_hugepages() nogil
    int rte_eal_hotplug_add(const char *bus, const char *name, const char *arguments) nogil
    int rte_eal_hotplug_remove(const char *bus, const char *name) nogil
    int rte_thread_register() nogil
    void rte_thread_unregister() nogil
    int rte_eth_dev_get_port_by_name(const char *name, uint16_t *port) nogil
    int rte_eth_dev_info_get(uint16_t port, port_information *found) nogil
    int rte_eth_dev_socket_id(uint16_t port) nogil
    int rte_eth_dev_configure(uint16_t port, uint16_t receive, uint16_t send, const port_settings *settings) nogil
    int rte_eth_dev_adjust_nb_rx_tx_desc(uint16_t port, uint16_t *receive, uint16_t *send) nogil
    int rte_eth_rx_queue_setup(
        uint16_t port, uint16_t queue, uint16_t count, unsigned int node, const void *settings, mempool *pool
    ) nogil
    int rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t count, unsigned int node, const void *settings) nogil
    int rte_eth_dev_start(uint16_t port) nogil
    int rte_eth_dev_stop(uint16_t port) nogil
    int rte_eth_dev_close(uint16_t port) nogil
    int rte_eth_dev_set_mc_addr_list(uint16_t port, ether_address *addresses, uint32_t count) nogil
    int rte_eth_allmulticast_enable(uint16_t port) nogil
    int rte_eth_promiscuous_enable(uint16_t port) nogil
    int rte_eth_stats_get(uint16_t port, port_figures *found) nogil
    int rte_eth_read_clock(uint16_t port, uint64_t *ticks) nogil
    int rte_mbuf_dyn_rx_timestamp_register(int *offset, uint64_t *flag) nogil
    mempool *rte_pktmbuf_pool_create(
        const char *name, unsigned count, unsigned cached, uint16_t private_bytes, uint16_t room_bytes, int node
    ) nogil
    mempool *pool_without_holes "feedhandler_pool_without_holes" (
        const char *name, unsigned count, unsigned cached, uint16_t room_bytes, int node
    ) nogil
    void rte_mempool_free(mempool *pool) nogil
