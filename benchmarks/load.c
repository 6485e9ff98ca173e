/* The crowd of the benchmarks: thousands of Socket.IO viewers and some bidders in one thread.
 *
 * usage: load PORTS VIEWERS OFFER_DEFLATE DELTA TOKENS
 *
 * PORTS are one or several, with commas between them: the connections take them in turn. TOKENS is a file with one access token a line: the host's, then those of the others, who share
 * them. Commands come on stdin, one a line; each is answered with one line of JSON on stdout:
 *
 *   start A | lot A          the host goes live with auction A | puts another lot up
 *   fill A BIDS WINDOW       bidders outside of the room bid in turn, with WINDOW bids under way
 *   join A                   all viewers leave where they are and join auction A
 *   quiet MS                 wait until nothing was heard for so long
 *   stall                    the viewers read nothing any more
 *   size BYTES               tell the floor how long a broadcast is
 *   bids A TIMES BURST       TIMES times one of them: BURST bids in one write, heard by every viewer;
 *                            "lag" is the time from a bid's answer until the last viewer heard it
 *   hot A SECONDS BIDDERS LOT   the first viewers bid, one bid under way each; a new lot every LOT bids
 *
 * Nothing is inflated: of what is compressed it counts the frames. The host and the bidders outside
 * offer no compression. Whatever takes longer than LIMIT_SECONDS is an error. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_SECONDS 120
#define CONNECTING_MAX 64
#define AMOUNTS (1u << 22)
#define HEAD_BYTES 192
#define AUCTIONS 1024
#define OUTSIDE 50
#define PORTS_MAX 16
#define SECOND 1000000000ull

enum state { CLOSED, DIALING, UPGRADING, OPENING, ENTERING, READY };

typedef struct {
    int fd, token;
    enum state state;
    unsigned char header[10];      /* of the frame that is arriving */
    int header_bytes;
    int in_payload, compressed, opcode;
    uint64_t length, rest;
    char head[HEAD_BYTES + 1];     /* the first bytes of its payload, or of the HTTP answer */
    int head_bytes;
    uint32_t heard;                /* the highest amount that it heard */
    int entered;                   /* whether it was answered since it joined */
} Socket;

static Socket *sockets;
static int viewers, total, offer, delta, epoll, tokens_count;
static int ports[PORTS_MAX], ports_count;
static char **tokens;
static int connecting, ready;
static int joined_auction, entered;
static int round_told, round_of[AUCTIONS];

static uint64_t sent_at[AMOUNTS], answered_at[AMOUNTS], heard_at[AMOUNTS];
static uint32_t heard_by[AMOUNTS];
static unsigned char accepted[AMOUNTS];
static uint32_t next_amount = 1, first_amount = 1;

static uint64_t last_news, deliveries, bytes;
static uint64_t answers, yes, no;
static int counting, hot_bidders, hot_auction;
static uint64_t hot_until;
static float *answer_ms;
static size_t answer_count;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static void fail(const char *format, ...) {
    va_list more;
    printf("{\"error\": \"");
    va_start(more, format);
    vprintf(format, more);
    va_end(more);
    printf("\"}\n");
    fflush(stdout);
    exit(1);
}

static size_t put_frame(unsigned char *out, const char *text) {
    size_t length = strlen(text), at = 2;
    out[0] = 0x81;
    if (length < 126) {
        out[1] = 0x80 | length;
    } else {
        out[1] = 0x80 | 126;
        out[2] = length >> 8;
        out[3] = length;
        at = 4;
    }
    memset(out + at, 0, 4);        /* a mask of zeros is a mask */
    memcpy(out + at + 4, text, length);
    return at + 4 + length;
}

static void write_all(Socket *s, const void *data, size_t length) {
    const char *at = data;
    while (length) {
        ssize_t wrote = send(s->fd, at, length, MSG_NOSIGNAL);
        if (wrote > 0) {
            at += wrote;
            length -= wrote;
            continue;
        }
        if (wrote < 0 && errno != EAGAIN && errno != EINTR)
            fail("cannot send: %s", strerror(errno));
        struct pollfd until = {s->fd, POLLOUT, 0};
        poll(&until, 1, 1000);
    }
}

static void say(Socket *s, const char *format, ...) {
    static char text[8192];
    static unsigned char frame[8300];
    va_list more;
    va_start(more, format);
    vsnprintf(text, sizeof text, format, more);
    va_end(more);
    write_all(s, frame, put_frame(frame, text));
}

/* --- bids */

static uint32_t new_amount(void) {
    if (next_amount >= AMOUNTS)
        fail("no amounts are left");
    sent_at[next_amount] = now();
    return next_amount++;
}

/* A bid says its round where the server told it: bidders outside of the room were shown none. */
static const char *a_bid(int auction) {
    static char text[160];
    uint32_t amount = new_amount();
    int length = snprintf(text, sizeof text, "42%u[\"placeBid\",{\"auctionId\":%d,\"amount\":%u",
                          amount, auction, amount);
    if (auction < AUCTIONS && round_of[auction])
        length += snprintf(text + length, sizeof text - length, ",\"round\":%d", round_of[auction]);
    snprintf(text + length, sizeof text - length, "}]");
    return text;
}

static void bid(Socket *s, int auction) { say(s, "%s", a_bid(auction)); }

static void hear_answer(Socket *s, uint64_t t) {
    uint32_t id = strtoul(s->head + 2, NULL, 10);
    int positive = strstr(s->head, "\"ok\":true") != NULL;
    answers++;
    if (positive)
        yes++;
    else
        no++;
    if (!id) {                     /* of a join, a lot */
        const char *round = strstr(s->head, "\"round\":");
        round_told = round ? atoi(round + 8) : 0;
        if (hot_bidders && round_told)
            round_of[hot_auction] = round_told;
    }
    if (!id || id >= AMOUNTS)
        return;
    accepted[id] = positive;
    answered_at[id] = t;
    if (hot_bidders && s < sockets + hot_bidders) {
        if (t < hot_until) {
            if (answer_count < AMOUNTS)
                answer_ms[answer_count++] = (t - sent_at[id]) / 1e6;
            bid(s, hot_auction);
        }
    }
}

static void hear_bid(Socket *s, uint64_t t) {
    deliveries++;
    if (s->compressed)
        return;
    char *place = strstr(s->head, "\"bid\":");
    uint32_t amount = place ? strtoul(place + 6, NULL, 10) : 0;
    if (amount < first_amount || amount >= next_amount)
        return;
    if (s->heard < first_amount - 1)
        s->heard = first_amount - 1;
    /* A list has the bids before it: one that was passed over is heard with the next. */
    for (uint32_t each = s->heard + 1; each <= amount; each++) {
        heard_by[each]++;
        heard_at[each] = t;
    }
    if (amount > s->heard)
        s->heard = amount;
}

/* --- what arrives */

static void hear(Socket *s, uint64_t t) {
    s->head[s->head_bytes] = 0;
    if (s->opcode == 8)
        fail("the server closed a websocket");
    if (s->state == OPENING) {
        s->state = ENTERING;
        say(s, "40{\"token\":\"%s\"%s}", tokens[s->token], delta ? ",\"updates\":\"delta\"" : "");
        return;
    }
    if (s->state == ENTERING) {
        if (!s->compressed && strncmp(s->head, "40", 2))
            fail("not let in: %.60s", s->head[0] == '4' ? "refused" : "no Socket.IO");
        s->state = READY;
        connecting--;
        ready++;
        return;
    }
    /* A ping of Engine.IO. Deflated, only an answer that was given before is as short. */
    if (s->compressed ? s->length < 8 : s->length == 1 && s->head[0] == '2') {
        say(s, "3");
        if (s->entered || !s->compressed)
            return;
    }
    last_news = t;
    if (!s->entered && (s->compressed || !strncmp(s->head, "43", 2))) {
        s->entered = 1;
        entered++;
        if (strstr(s->head, "\"ok\":false"))
            fail("a viewer may not join");
        return;
    }
    if (!s->compressed && !strncmp(s->head, "43", 2))
        hear_answer(s, t);
    else if (counting && s < sockets + viewers &&
             (s->compressed || !strncmp(s->head, "42[\"newBid\"", 11)))
        hear_bid(s, t);
}

static int header_is_complete(Socket *s) {
    if (s->header_bytes < 2)
        return 0;
    int length = s->header[1] & 127;
    int more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (s->header_bytes < 2 + more)
        return 0;
    if (s->header[1] & 128 || !(s->header[0] & 128))
        fail("a frame that no server sends");
    s->opcode = s->header[0] & 15;
    s->compressed = (s->header[0] & 0x40) != 0;
    s->length = length;
    if (more) {
        s->length = 0;
        for (int i = 2; i < 2 + more; i++)
            s->length = s->length << 8 | s->header[i];
    }
    s->rest = s->length;
    s->in_payload = 1;
    s->head_bytes = s->header_bytes = 0;
    return 1;
}

static void take(Socket *s, const char *data, size_t length, uint64_t t) {
    if (s->state == UPGRADING) {
        static char answer[4096];  /* servers send it in one piece */
        if (length >= sizeof answer)
            fail("a long HTTP answer");
        memcpy(answer, data, length);
        answer[length] = 0;
        char *end = strstr(answer, "\r\n\r\n");
        if (strncmp(answer, "HTTP/1.1 101", 12) || !end)
            fail("no websocket: %.12s", answer);
        s->state = OPENING;
        size_t used = end + 4 - answer;
        data += used;
        length -= used;
    }
    while (length) {
        if (!s->in_payload) {
            s->header[s->header_bytes++] = *data++;
            length--;
            if (!header_is_complete(s) || s->rest)
                continue;
        } else {
            size_t part = length < s->rest ? length : s->rest;
            size_t kept = HEAD_BYTES - s->head_bytes;
            if (kept > part)
                kept = part;
            memcpy(s->head + s->head_bytes, data, kept);
            s->head_bytes += kept;
            s->rest -= part;
            data += part;
            length -= part;
        }
        if (!s->rest) {
            s->in_payload = 0;
            hear(s, t);
        }
    }
}

static void receive(Socket *s) {
    static char buffer[1 << 18];
    ssize_t got;
    /* The rest of a long payload is thrown away inside the kernel: nobody looks at it. */
    int skip = s->in_payload && s->head_bytes == HEAD_BYTES && s->rest > 4096;
    if (skip)
        got = recv(s->fd, buffer, s->rest - 1, MSG_TRUNC);
    else
        got = recv(s->fd, buffer, sizeof buffer, 0);
    if (got > 0) {
        if (counting && s < sockets + viewers)
            bytes += got;
        if (skip)
            s->rest -= got;
        else
            take(s, buffer, got, now());
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        fail("a socket was cut off: %s", got ? strerror(errno) : "closed");
    }
}

/* --- connections */

static int port_of(const Socket *s) { return ports[(s - sockets) % ports_count]; }

static void dial(Socket *s) {
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        fail("no socket: %s", strerror(errno));
    s->entered = 1;                /* it asked for nothing yet */
    int one = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port_of(s))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        fail("cannot connect: %s", strerror(errno));
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = s};
    epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &event);
    s->state = DIALING;
    connecting++;
}

static void ask_for_websocket(Socket *s) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error)
        fail("cannot connect: %s", strerror(error));
    char text[600];
    int size = snprintf(
        text, sizeof text,
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: YmFyYWthIGJlbmNobWFyaw==\r\n%s\r\n",
        port_of(s),
        offer && s < sockets + viewers ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    epoll_ctl(epoll, EPOLL_CTL_MOD, s->fd, &event);
    s->state = UPGRADING;
    write_all(s, text, size);
}

static void turn(int wait_ms) {
    struct epoll_event events[512];
    int count = epoll_wait(epoll, events, 512, wait_ms);
    for (int i = 0; i < count; i++) {
        Socket *s = events[i].data.ptr;
        if (s->state == DIALING)
            ask_for_websocket(s);
        else
            receive(s);
    }
}

/* `while_so` until it is false, or an error. */
#define WAIT(while_so, what)                                                     \
    do {                                                                         \
        uint64_t limit = now() + LIMIT_SECONDS * SECOND;                         \
        while (while_so) {                                                       \
            turn(20);                                                            \
            if (now() > limit)                                                   \
                fail("%s took more than %d s", what, LIMIT_SECONDS);             \
        }                                                                        \
    } while (0)

static void connect_all(void) {
    uint64_t begun = now();
    int dialed = 0;
    uint64_t limit = begun + LIMIT_SECONDS * SECOND;
    while (ready < total) {
        while (dialed < total && connecting < CONNECTING_MAX)
            dial(&sockets[dialed++]);
        turn(20);
        if (now() > limit)
            fail("connecting took more than %d s", LIMIT_SECONDS);
    }
    printf("{\"ready\": %d, \"seconds\": %.4f}\n", ready, (now() - begun) / 1e9);
}

/* --- commands */

static Socket *the_host(void) { return &sockets[viewers + OUTSIDE]; }
static Socket *outside(uint32_t turn) { return &sockets[viewers + turn % OUTSIDE]; }

static void host_says(const char *event, int auction, const char *more) {
    uint64_t before = answers, agreed = yes;
    say(the_host(), "420[\"%s\",{\"auctionId\":%d%s}]", event, auction, more);
    WAIT(answers == before, event);
    if (yes == agreed)
        fail("%s was refused", event);
    if (auction < AUCTIONS && !strcmp(event, "changeCuurentProduct"))
        round_of[auction] = round_told;
    printf("{}\n");
}

static const char *a_lot(void) {
    static char text[200];
    static int lots;
    snprintf(text, sizeof text,
             ",\"product\":\"Lot %d-%d\",\"minBidPrice\":1,\"bidPrice\":1,\"actualPrice\":1000",
             (int)getpid(), ++lots);
    return text;
}

static void fill(int auction, uint32_t bids, uint32_t window) {
    uint64_t before = answers, agreed = yes;
    uint32_t sent = 0;
    while (answers - before < bids) {
        while (sent < bids && sent - (answers - before) < window) {
            bid(outside(sent++), auction);
        }
        uint64_t had = answers;
        WAIT(answers == had, "a bid");
    }
    printf("{\"accepted\": %llu}\n", (unsigned long long)(yes - agreed));
}

static void join_all(int auction) {
    uint64_t begun = now();
    entered = 0;
    for (int i = 0; i < viewers; i++) {
        if (joined_auction)
            say(&sockets[i], "42[\"leaveAuction\",{\"auctionId\":%d}]", joined_auction);
        sockets[i].entered = 0;
        say(&sockets[i], "420[\"joinAuction\",{\"auctionId\":%d}]", auction);
        turn(0);
    }
    WAIT(entered < viewers, "joining");
    joined_auction = auction;
    printf("{\"seconds\": %.4f}\n", (now() - begun) / 1e9);
}

static void quiet(int ms) {
    uint64_t limit = now() + 30 * SECOND;
    while (now() < last_news + ms * 1000000ull && now() < limit)
        turn(5);
    printf("{}\n");
}

static void stall(void) {
    for (int i = 0; i < viewers; i++)
        epoll_ctl(epoll, EPOLL_CTL_DEL, sockets[i].fd, NULL);
    printf("{}\n");
}

static int rising(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void print_quantiles(const char *name, float *values, size_t count) {
    qsort(values, count, sizeof *values, rising);
    printf(", \"%s_ms\": [%.3f, %.3f, %.3f]", name, count ? values[count / 2] : 0,
           count ? values[(size_t)(count * 0.95)] : 0, count ? values[(size_t)(count * 0.99)] : 0);
}

static void begin_counting(void) {
    deliveries = bytes = 0;
    first_amount = next_amount;
    for (int i = 0; i < viewers; i++)
        sockets[i].heard = first_amount - 1;
    counting = 1;
}

static void bids(int auction, int times, int burst) {
    static unsigned char out[64 * 1024];
    float *last_ms = malloc(sizeof *last_ms * times);
    float *own_ms = malloc(sizeof *own_ms * times * burst);
    float *lag_ms = malloc(sizeof *lag_ms * times * burst);
    uint64_t begun = now(), before = answers, agreed = yes;
    if (burst > 256)
        fail("too many bids in one write");
    begin_counting();
    for (int i = 0; i < times; i++) {
        size_t length = 0;
        uint64_t wanted = deliveries + (uint64_t)burst * viewers, answered = answers + burst;
        uint64_t t = now();
        for (int each = 0; each < burst; each++) {
            length += put_frame(out + length, a_bid(auction));
        }
        write_all(outside(i), out, length);
        WAIT(deliveries < wanted || answers < answered, "a bid on its way to all viewers");
        last_ms[i] = (now() - t) / 1e6;
    }
    counting = 0;
    double seconds = (now() - begun) / 1e9;
    size_t count = 0;
    for (uint32_t each = first_amount; each < next_amount; each++) {
        uint64_t last = heard_at[each], own = answered_at[each];
        own_ms[count] = (own - sent_at[each]) / 1e6;
        lag_ms[count++] = last > own ? (last - own) / 1e6 : 0;
    }
    printf("{\"deliveries\": %llu, \"bytes\": %llu, \"seconds\": %.4f, \"answered\": %llu, "
           "\"accepted\": %llu",
           (unsigned long long)deliveries, (unsigned long long)bytes, seconds,
           (unsigned long long)(answers - before), (unsigned long long)(yes - agreed));
    print_quantiles("last_viewer", last_ms, times);
    print_quantiles("answer", own_ms, count);
    print_quantiles("lag", lag_ms, count);
    printf("}\n");
    free(last_ms);
    free(own_ms);
    free(lag_ms);
}

static int all_heard(uint32_t amount) {
    return !amount || heard_by[amount] >= (uint32_t)viewers;
}

static void hot(int auction, double seconds, int bidders, uint32_t lot_bids) {
    if (bidders > viewers)
        fail("more bidders than viewers");
    answer_ms = answer_ms ? answer_ms : malloc(sizeof *answer_ms * AMOUNTS);
    answer_count = 0;
    begin_counting();
    uint64_t agreed = yes, refused = no, lots = 0, next_lot = yes + lot_bids;
    uint64_t begun = now();
    hot_auction = auction;
    hot_until = begun + (uint64_t)(seconds * SECOND);
    hot_bidders = bidders;
    for (int i = 0; i < bidders; i++)
        bid(&sockets[i], auction);
    while (now() < hot_until) {
        turn(5);
        if (lot_bids && yes >= next_lot) {
            say(the_host(), "420[\"changeCuurentProduct\",{\"auctionId\":%d%s}]", auction, a_lot());
            next_lot = yes + lot_bids;
            lots++;
        }
    }
    uint64_t in_time = answer_count;
    uint32_t last = 0;
    hot_bidders = 0;
    WAIT(answers < agreed + refused + (next_amount - first_amount) + lots, "the last answers");
    if (lots)                      /* the answer to the last one may have come late */
        round_of[auction] = round_told;
    uint64_t good = yes - agreed - lots;
    for (uint32_t each = first_amount; each < next_amount; each++)
        if (accepted[each])
            last = each;
    WAIT(!all_heard(last), "the last bid on its way to all viewers");
    double all_seconds = (now() - begun) / 1e9;
    counting = 0;
    float *last_ms = malloc(sizeof *last_ms * (next_amount - first_amount + 1));
    size_t count = 0;
    for (uint32_t each = first_amount; each < next_amount; each++)
        if (accepted[each] && all_heard(each))
            last_ms[count++] = (heard_at[each] - sent_at[each]) / 1e6;
    printf("{\"deliveries\": %llu, \"bytes\": %llu, \"seconds\": %.4f, \"answered\": %llu, "
           "\"answered_in\": %.4f, \"accepted\": %llu, \"lots\": %llu",
           (unsigned long long)deliveries, (unsigned long long)bytes, all_seconds,
           (unsigned long long)in_time, (hot_until - begun) / 1e9, (unsigned long long)good,
           (unsigned long long)lots);
    print_quantiles("answer", answer_ms, in_time);
    print_quantiles("last_viewer", last_ms, count);
    printf("}\n");
    free(last_ms);
}

static void read_tokens(const char *path) {
    FILE *file = fopen(path, "r");
    char line[4096];
    if (!file)
        fail("no file of tokens");
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        tokens = realloc(tokens, sizeof *tokens * (tokens_count + 1));
        tokens[tokens_count++] = strdup(line);
    }
    fclose(file);
    if (tokens_count < 2)
        fail("too few tokens");
}

static int run(const char *line) {
    char name[16];
    double a = 0, b = 0, c = 0, d = 0;
    if (sscanf(line, "%15s %lf %lf %lf %lf", name, &a, &b, &c, &d) < 1)
        return 0;
    if (!strcmp(name, "start"))
        host_says("startLiveAuction", a, "");
    else if (!strcmp(name, "lot"))
        host_says("changeCuurentProduct", a, a_lot());
    else if (!strcmp(name, "fill"))
        fill(a, b, c);
    else if (!strcmp(name, "join"))
        join_all(a);
    else if (!strcmp(name, "quiet"))
        quiet(a);
    else if (!strcmp(name, "stall"))
        stall();
    else if (!strcmp(name, "bids"))
        bids(a, b, c);
    else if (!strcmp(name, "hot"))
        hot(a, b, c, d);
    else if (!strcmp(name, "size")) {
        say(outside(0), "42[\"frameSize\",{\"bytes\":%d}]", (int)a);
        printf("{}\n");
    } else
        fail("no such command");
    fflush(stdout);
    return 1;
}

int main(int count, char **arguments) {
    if (count != 6)
        fail("usage: load PORTS VIEWERS OFFER_DEFLATE DELTA TOKENS");
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (char *one = strtok(arguments[1], ","); one && ports_count < PORTS_MAX; one = strtok(NULL, ","))
        ports[ports_count++] = atoi(one);
    if (!ports_count)
        fail("no port");
    viewers = atoi(arguments[2]);
    offer = atoi(arguments[3]);
    delta = atoi(arguments[4]);
    read_tokens(arguments[5]);
    total = viewers + OUTSIDE + 1;
    sockets = calloc(total, sizeof *sockets);
    for (int i = 0; i < total - 1; i++)
        sockets[i].token = 1 + i % (tokens_count - 1);
    epoll = epoll_create1(0);
    connect_all();
    fflush(stdout);

    char line[256];
    size_t length = 0;
    for (;;) {
        struct pollfd both[2] = {{0, POLLIN, 0}, {epoll, POLLIN, 0}};
        poll(both, 2, 1000);
        if (both[1].revents)
            turn(0);
        if (!both[0].revents)
            continue;
        char byte;
        if (read(0, &byte, 1) != 1)
            return 0;
        if (byte != '\n') {
            if (length + 1 < sizeof line)
                line[length++] = byte;
            continue;
        }
        line[length] = 0;
        length = 0;
        run(line);
    }
}
