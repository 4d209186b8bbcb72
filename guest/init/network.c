#include "network.h"

#include <linux/sockios.h>

enum { FAMILY_INTERNET = 2, DATAGRAM = 2, INTERFACE_UP = 1, ROUTE_UP = 1, ROUTE_GATEWAY = 2 };

/* <linux/if.h> and <linux/route.h> need a C library's socket types: these are struct sockaddr_in, ifreq and rtentry. */
struct address {
    uint16_t family, port;
    uint8_t bytes[4], zero[8];
};
struct interface_request {
    char name[16];
    union {
        struct address address;
        int mtu;
        int16_t flags;
        uint8_t size[24];
    };
};
struct route_request {
    unsigned long pad1;
    struct address destination, gateway, mask;
    uint16_t flags;
    int16_t pad2;
    unsigned long pad3;
    void *pad4;
    int16_t metric;
    char *device;
    unsigned long mtu, window;
    uint16_t round_trip;
};
_Static_assert(sizeof(struct interface_request) == 40 && sizeof(struct route_request) == 120, "kernel ABI");

static struct address internet(const uint8_t bytes[4])
{
    struct address address = { .family = FAMILY_INTERNET };
    memcpy(address.bytes, bytes, 4);
    return address;
}

static int open_socket(void) { return (int)CALL(socket, FAMILY_INTERNET, DATAGRAM | O_CLOEXEC, 0, 0, 0, 0); }

void network_loopback_up(void)
{
    int fd = open_socket();
    struct interface_request request = { .name = "lo", .flags = INTERFACE_UP };
    sys_ioctl(fd, SIOCSIFFLAGS, &request);
    sys_close(fd);
}

static long set_up(int fd, const struct network_setting *network)
{
    static const uint8_t nothing[4];
    const uint32_t mask = network->prefix ? ~0U << (32 - network->prefix) : 0;
    const uint8_t mask_bytes[4] = { (uint8_t)(mask >> 24), (uint8_t)(mask >> 16), (uint8_t)(mask >> 8), (uint8_t)mask };

    struct interface_request request = { .name = "eth0", .address = internet(network->address) };
    long error = sys_ioctl(fd, SIOCSIFADDR, &request);
    if (error)
        return error;
    request.address = internet(mask_bytes);
    error = sys_ioctl(fd, SIOCSIFNETMASK, &request);
    if (!error && network->mtu) {
        request.mtu = network->mtu;
        error = sys_ioctl(fd, SIOCSIFMTU, &request);
    }
    if (!error) {
        request.flags = INTERFACE_UP;
        error = sys_ioctl(fd, SIOCSIFFLAGS, &request);
    }
    if (error || !memcmp(network->gateway, nothing, 4))
        return error;
    struct route_request route = { .destination = internet(nothing), .mask = internet(nothing),
        .gateway = internet(network->gateway), .flags = ROUTE_UP | ROUTE_GATEWAY };
    error = sys_ioctl(fd, SIOCADDRT, &route);
    return error == -EEXIST ? 0 : error;
}

const char *network_apply(const struct frame *frame)
{
    struct network_setting network;
    if (frame->header.length != sizeof network)
        return "network of a wrong size";
    memcpy(&network, frame->payload, sizeof network);
    if (network.prefix > 32 || network.zero)
        return "network prefix out of range";
    int fd = open_socket();
    long error = set_up(fd, &network);
    sys_close(fd);
    return error == -ENODEV ? "network: there is no eth0" : error ? "network was not accepted by the kernel" : NULL;
}
