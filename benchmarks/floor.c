/* The floor of a broadcast: write() in a loop, and nothing else that a server has to do.
 *
 * usage: floor     (listens on a free port of 127.0.0.1, prints it, and ends with its stdin)
 *
 * Speaks as much of Socket.IO as load.c needs. A `placeBid` is answered, and a frame of the length
 * that `frameSize` said last is written to everybody who joined the auction, with one write() each. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES_MAX (1 << 20)
#define INPUT_BYTES_MAX 16384

typedef struct {
    int fd, upgraded, auction;     /* auction: 0 outside of all rooms */
    int place;                     /* 1 + the index in `joined`, 0 outside */
    size_t length;
    unsigned char input[INPUT_BYTES_MAX];
} Socket;

static Socket **joined;
static int joined_count;
static size_t frame_bytes = 400;
static char frame[FRAME_BYTES_MAX];

static void write_all(int fd, const char *data, size_t length) {
    while (length) {
        ssize_t wrote = write(fd, data, length);
        if (wrote > 0) {
            data += wrote;
            length -= wrote;
        } else if (errno == EAGAIN) {
            struct pollfd until = {fd, POLLOUT, 0};
            poll(&until, 1, 1000);
        } else {
            return;
        }
    }
}

static size_t frame_head(char *out, size_t length) {
    out[0] = (char)0x81;
    if (length < 126) {
        out[1] = length;
        return 2;
    }
    int more = length < 65536 ? 2 : 8;
    out[1] = more == 2 ? 126 : 127;
    for (int i = 0; i < more; i++)
        out[2 + i] = length >> 8 * (more - 1 - i);
    return 2 + more;
}

static void say(Socket *s, const char *text) {
    char out[512];
    size_t length = strlen(text), head = frame_head(out, length);
    memcpy(out + head, text, length);
    write_all(s->fd, out, head + length);
}

static void broadcast(int auction, unsigned amount) {
    char start[200];
    int used = snprintf(start, sizeof start,
                        "42[\"newBid\",{\"newBid\":{\"id\":1,\"auction_id\":1,\"user_id\":2,\"bid\":%u,",
                        amount);
    size_t payload = frame_bytes < (size_t)used ? (size_t)used : frame_bytes;
    size_t head = frame_head(frame, payload);
    memset(frame + head, 'x', payload);
    memcpy(frame + head, start, used);
    for (int i = 0; i < joined_count; i++)
        if (joined[i]->auction == auction)
            write_all(joined[i]->fd, frame, head + payload);
}

static void leave(Socket *s) {
    if (!s->place)
        return;
    Socket *last = joined[--joined_count];
    joined[s->place - 1] = last;
    last->place = s->place;
    s->place = s->auction = 0;
}

static void take(Socket *s, char *text) {
    if (!strncmp(text, "40", 2)) {
        say(s, "40{\"sid\":\"x\"}");
        return;
    }
    if (strncmp(text, "42", 2))
        return;
    unsigned id = strtoul(text + 2, NULL, 10);
    char answer[64], *value = strstr(text, "\"auctionId\":");
    int auction = value ? atoi(value + 12) : 0;
    if (strstr(text, "\"frameSize\"")) {
        value = strstr(text, "\"bytes\":");
        frame_bytes = value ? strtoul(value + 8, NULL, 10) : frame_bytes;
        if (frame_bytes > FRAME_BYTES_MAX - 16)
            frame_bytes = FRAME_BYTES_MAX - 16;
        return;
    }
    if (strstr(text, "\"leaveAuction\"")) {
        leave(s);
        return;
    }
    if (strstr(text, "\"joinAuction\"") && !s->place) {
        joined = realloc(joined, sizeof *joined * (joined_count + 1));
        joined[joined_count++] = s;
        s->place = joined_count;
        s->auction = auction;
    }
    snprintf(answer, sizeof answer, "43%u[{\"ok\":true}]", id);
    say(s, answer);
    value = strstr(text, "\"amount\":");
    if (value && strstr(text, "\"placeBid\""))
        broadcast(auction, strtoul(value + 9, NULL, 10));
}

static void upgrade(Socket *s) {
    s->input[s->length] = 0;
    if (!strstr((char *)s->input, "\r\n\r\n"))
        return;
    const char *answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\n\r\n";
    write_all(s->fd, answer, strlen(answer));
    say(s, "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}");
    s->upgraded = 1;
    s->length = 0;
}

static void take_frames(Socket *s) {
    size_t at = 0;
    while (s->length - at >= 6) {
        unsigned char *in = s->input + at;
        size_t length = in[1] & 127, head = 6;
        if (length == 126) {
            if (s->length - at < 8)
                break;
            length = in[2] << 8 | in[3];
            head = 8;
        }
        if (s->length - at < head + length)
            break;
        char text[8192];
        size_t kept = length < sizeof text - 1 ? length : sizeof text - 1;
        for (size_t i = 0; i < kept; i++)
            text[i] = in[head + i] ^ in[head - 4 + i % 4];
        text[kept] = 0;
        take(s, text);
        at += head + length;
    }
    memmove(s->input, s->input + at, s->length - at);
    s->length -= at;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096))
        return 1;
    getsockname(listener, (struct sockaddr *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &event;       /* stdin */
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            Socket *s = events[i].data.ptr;
            if ((void *)s == (void *)&event)
                return 0;
            if (!s) {
                int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
                if (fd < 0)
                    continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                s = calloc(1, sizeof *s);
                s->fd = fd;
                struct epoll_event mine = {.events = EPOLLIN, .data.ptr = s};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &mine);
                continue;
            }
            ssize_t got = read(s->fd, s->input + s->length, INPUT_BYTES_MAX - 1 - s->length);
            if (got > 0) {
                s->length += got;
                if (s->upgraded)
                    take_frames(s);
                else
                    upgrade(s);
            } else if (got == 0 || errno != EAGAIN) {
                leave(s);
                close(s->fd);
                free(s);
            }
        }
    }
}
