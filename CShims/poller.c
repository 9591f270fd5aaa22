// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Both /proc files stay open and are read again from the start: an open one keeps to the namespace it was
// opened in, and opening costs more than reading.
struct engarde_poller {
    int socket;
    int links;      // /proc/thread-self/net/dev
    int addresses;  // /proc/thread-self/net/if_inet6, or -1 without IPv6
    struct engarde_link_event *events;
    size_t count, capacity;
    char *text;
    size_t text_capacity;
};

int engarde_poller_open(struct engarde_poller **out) {
    struct engarde_poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL) return -ENOMEM;
    poller->addresses = open("/proc/thread-self/net/if_inet6", O_RDONLY | O_CLOEXEC);
    poller->links = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
    poller->socket = poller->links < 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (poller->socket < 0) {
        int error = errno;
        engarde_poller_close(poller);
        return -error;
    }
    *out = poller;
    return 0;
}

void engarde_poller_close(struct engarde_poller *poller) {
    if (poller->socket >= 0) close(poller->socket);
    if (poller->links >= 0) close(poller->links);
    if (poller->addresses >= 0) close(poller->addresses);
    free(poller->events);
    free(poller->text);
    free(poller);
}

// One more zeroed event, or NULL when memory is out.
static struct engarde_link_event *append(struct engarde_poller *poller) {
    if (poller->count == poller->capacity) {
        size_t capacity = poller->capacity == 0 ? 64 : poller->capacity * 2;
        void *grown = realloc(poller->events, capacity * sizeof *poller->events);
        if (grown == NULL) return NULL;
        poller->events = grown;
        poller->capacity = capacity;
    }
    struct engarde_link_event *event = &poller->events[poller->count++];
    *event = (struct engarde_link_event){.from_dump = true};
    return event;
}

// The whole file as text into `poller->text`. 0 or -errno.
static int read_all(struct engarde_poller *poller, int descriptor) {
    size_t length = 0;
    for (;;) {
        if (length + 1 >= poller->text_capacity) {
            size_t capacity = poller->text_capacity == 0 ? 4096 : poller->text_capacity * 2;
            char *grown = realloc(poller->text, capacity);
            if (grown == NULL) return -ENOMEM;
            poller->text = grown;
            poller->text_capacity = capacity;
        }
        size_t room = poller->text_capacity - length - 1;
        ssize_t got = pread(descriptor, poller->text + length, room, (off_t)length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) break;
        length += (size_t)got;
    }
    poller->text[length] = 0;
    return 0;
}

// `ethtool -i`, where newer kernels give the kind of a virtual interface for which no driver answers. Of
// hardware it gives the driver, so only names that are kinds are taken; what matters is to know a tunnel.
// Older kernels name WireGuard only in sysfs.
static void fill_kind(const struct engarde_poller *poller, struct engarde_link_event *event) {
    static const char *const kinds[] = {"tun", "wireguard", "amneziawg", "veth", "bridge", "dummy", "ifb"};
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq request = {.ifr_data = (void *)&info};
    memcpy(request.ifr_name, event->name, sizeof request.ifr_name);
    if (ioctl(poller->socket, SIOCETHTOOL, &request) < 0) info.driver[0] = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(info.driver, kinds[i]) == 0) strcpy(event->link_kind, kinds[i]);
    }
    if (info.driver[0] != 0) return;
    char path[64], line[64];
    snprintf(path, sizeof path, "/sys/class/net/%s/uevent", event->name);
    FILE *uevent = fopen(path, "re");
    if (uevent == NULL) return;
    while (fgets(line, sizeof line, uevent) != NULL) {
        if (strcmp(line, "DEVTYPE=wireguard\n") == 0) strcpy(event->link_kind, "wireguard");
    }
    fclose(uevent);
}

// False when the interface has gone since it was listed.
static bool fill_link(const struct engarde_poller *poller, struct engarde_link_event *event) {
    struct ifreq request = {0};
    memcpy(request.ifr_name, event->name, sizeof request.ifr_name);
    if (ioctl(poller->socket, SIOCGIFINDEX, &request) < 0) return false;
    event->index = request.ifr_ifindex;
    if (ioctl(poller->socket, SIOCGIFFLAGS, &request) < 0) return false;
    event->flags = (uint16_t)request.ifr_flags;
    event->carrier = (event->flags & IFF_RUNNING) != 0;
    if (ioctl(poller->socket, SIOCGIFMTU, &request) < 0) return false;
    event->mtu = (uint32_t)request.ifr_mtu;
    fill_kind(poller, event);
    return true;
}

static int enumerate_links(struct engarde_poller *poller) {
    int result = read_all(poller, poller->links);
    if (result < 0) return result;
    char *rest = NULL;
    for (char *line = strtok_r(poller->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        // "  eth0: 1234 …"; the two heading lines have no colon, and a name cannot contain one.
        char *colon = strchr(line, ':');
        if (colon == NULL) continue;
        line += strspn(line, " ");
        size_t length = (size_t)(colon - line);
        if (length == 0 || length >= IFNAMSIZ) continue;
        struct engarde_link_event *event = append(poller);
        if (event == NULL) return -ENOMEM;
        event->kind = ENGARDE_LINK_SET;
        memcpy(event->name, line, length);
        if (!fill_link(poller, event)) poller->count--;
    }
    return 0;
}

static int32_t index_of(const struct engarde_poller *poller, const char *label) {
    // A label may be "eth0:1"; the interface is what comes before the colon.
    size_t length = strcspn(label, ":");
    for (size_t i = 0; i < poller->count; i++) {
        const struct engarde_link_event *event = &poller->events[i];
        if (event->kind != ENGARDE_LINK_SET || strlen(event->name) != length) continue;
        if (memcmp(event->name, label, length) == 0) return event->index;
    }
    return 0;
}

static int enumerate_v4(struct engarde_poller *poller) {
    struct ifconf list = {0};
    // Without a buffer the kernel tells the size; addresses may come in between, so there is some to spare.
    if (ioctl(poller->socket, SIOCGIFCONF, &list) < 0) return -errno;
    list.ifc_len += 16 * (int)sizeof(struct ifreq);
    list.ifc_req = malloc((size_t)list.ifc_len);
    if (list.ifc_req == NULL) return -ENOMEM;
    int result = ioctl(poller->socket, SIOCGIFCONF, &list) < 0 ? -errno : 0;
    for (size_t i = 0; result == 0 && i < (size_t)list.ifc_len / sizeof(struct ifreq); i++) {
        // The request carries name and address, so the mask is that of this address (devinet_ioctl()).
        struct ifreq request = list.ifc_req[i];
        struct in_addr address = ((struct sockaddr_in *)&request.ifr_addr)->sin_addr;
        int32_t index = index_of(poller, request.ifr_name);
        if (index == 0 || ioctl(poller->socket, SIOCGIFNETMASK, &request) < 0) continue;
        uint32_t mask = ntohl(((struct sockaddr_in *)&request.ifr_netmask)->sin_addr.s_addr);
        struct engarde_link_event *event = append(poller);
        if (event == NULL) {
            result = -ENOMEM;
            break;
        }
        event->kind = ENGARDE_ADDRESS_SET;
        event->index = index;
        event->family = AF_INET;
        event->prefix_length = (uint8_t)__builtin_popcount(mask);
        memcpy(event->address, &address, sizeof address);
    }
    free(list.ifc_req);
    return result;
}

static int enumerate_v6(struct engarde_poller *poller) {
    if (poller->addresses < 0) return 0;
    int result = read_all(poller, poller->addresses);
    if (result < 0) return result;
    char *rest = NULL;
    for (char *line = strtok_r(poller->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        // "fe800000000000000000000000000001 02 40 20 80 eth0": index, prefix, scope and flags in hexadecimal
        // (if6_seq_show(), net/ipv6/addrconf.c).
        unsigned index, prefix, scope, flags;
        int at = 0;
        if (sscanf(line, "%*32[0-9a-f] %x %x %x %x%n", &index, &prefix, &scope, &flags, &at) < 4) continue;
        struct engarde_link_event *event = append(poller);
        if (event == NULL) return -ENOMEM;
        event->kind = ENGARDE_ADDRESS_SET;
        event->index = (int32_t)index;
        event->family = AF_INET6;
        event->prefix_length = (uint8_t)prefix;
        event->address_flags = flags;
        for (int i = 0; i < 16; i++) {
            unsigned byte = 0;
            sscanf(line + 2 * i, "%2x", &byte);
            event->address[i] = (uint8_t)byte;
        }
    }
    return 0;
}

int engarde_poller_enumerate(struct engarde_poller *poller, const struct engarde_link_event **events) {
    poller->count = 0;
    int result = enumerate_links(poller);
    if (result == 0) result = enumerate_v4(poller);
    if (result == 0) result = enumerate_v6(poller);
    *events = poller->events;
    return result < 0 ? result : (int)poller->count;
}
