// N clients that each send one request after the other: one thread, epoll, keep-alive.
//
//   load --port P --body FILE [--connections N] [--seconds S | --requests N] [--stream] [--hold S] [--tls]
//        [--timeout S] [--path PATH] [--end TEXT]
//
// An answer counts when it is whole by its own framing (Content-Length or chunked), has status 200 and, with --stream,
// ends in [DONE]; everything else is an error. When the time is over the requests under way are still taken to their
// end, so that the CPU time a proxy used in a run belongs to `completed` requests; the rate counts what ended in time.
//
// --hold S opens N streams, prints HELD and how many have begun as soon as all have (or after 30 s), keeps them for S
// seconds and ends. The result is one JSON object on stdout.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { maxHeadBytes = 65536, readBytes = 262144, tailBytes = 32 };

static struct {
    int port, connections;
    const char *body, *path, *end;
    double seconds, hold, timeout;
    long requests;
    bool stream, tls;
} options = {.connections = 1, .path = "/v1/chat/completions", .end = "[DONE]", .seconds = 0, .timeout = 60};

typedef enum { closed, connecting, handshaking, sending, readingHead, readingBody } State;
typedef enum { chunkSize, chunkExtension, chunkData, chunkEnd, trailer } ChunkState;

typedef struct {
    int fd;
    SSL *ssl;
    State state;
    bool wantsWrite, isChunked, begun, closesAfter;
    size_t sent, headBytes;
    char head[maxHeadBytes];
    int status;
    uint64_t left;  // of the body, or of the chunk
    ChunkState chunk;
    int trailerBytes;
    char tail[tailBytes];  // the body's last bytes, to look for [DONE]
    size_t tailCount;
    long bodyBytes;
    int64_t startedAt, firstAt;
} Client;

static Client *clients;
static char *request;
static size_t requestBytes;
static char buffer[readBytes];
static int epollFD;
static SSL_CTX *tls;

static int64_t *latencies, *firsts;
static size_t latencyCount, latencyRoom;
static long completed, inTime, started, errors, bodyTotal, statuses[600], begunStreams, active;
static long refused, cutOff, timedOut, unfinished;
static int64_t deadline, startedRun;
static bool stopping;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void fail(const char *message) {
    fprintf(stderr, "load: %s\n", message);
    exit(2);
}

static void watch(Client *client, bool forWrite) {
    if (client->wantsWrite == forWrite) return;
    client->wantsWrite = forWrite;
    struct epoll_event event = {.events = EPOLLIN | (forWrite ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(epollFD, EPOLL_CTL_MOD, client->fd, &event);
}

static void disconnect(Client *client) {
    if (client->state == closed) return;
    if (client->ssl) SSL_free(client->ssl);
    client->ssl = NULL;
    close(client->fd);
    client->state = closed;
}

static void startRequest(Client *client);
static void advance(Client *client);

static void openConnection(Client *client) {
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0) fail("no more file descriptors");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int result = connect(client->fd, (struct sockaddr *)&address, sizeof address);
    client->state = connecting;
    client->wantsWrite = true;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
    epoll_ctl(epollFD, EPOLL_CTL_ADD, client->fd, &event);
    if (result < 0 && errno != EINPROGRESS) return;  // epoll reports it
    if (tls) {
        client->ssl = SSL_new(tls);
        SSL_set_fd(client->ssl, client->fd);
        SSL_set_connect_state(client->ssl);
    }
}

/// The client's next request, unless the run is over. A kept connection is used again.
static void next(Client *client) {
    bool isOver = stopping || (options.requests && started >= options.requests);
    if (isOver) {
        disconnect(client);
        active--;
        return;
    }
    started++;
    client->startedAt = now();
    client->firstAt = 0;
    if (client->state == closed) return openConnection(client);
    startRequest(client);
}

static void failed(Client *client, long *kind) {
    errors++, ++*kind;
    bool wasConnecting = client->state == connecting;
    disconnect(client);
    if (wasConnecting) usleep(1000);  // nobody listens: do not spin
    if (options.hold) {
        active--;
        return;
    }
    next(client);
}

static void complete(Client *client) {
    int64_t at = now();
    bool isDone = !options.stream || memmem(client->tail, client->tailCount, options.end, strlen(options.end));
    int status = client->status;
    if (status >= 0 && status < 600) statuses[status]++;
    if (status != 200 || !isDone) {
        errors++;
        if (status == 200) unfinished++;
    } else {
        completed++;
        if (!deadline || at <= deadline) inTime++;
        bodyTotal += client->bodyBytes;
        if (latencyCount == latencyRoom) {
            latencyRoom = latencyRoom * 2 + 4096;
            latencies = realloc(latencies, sizeof *latencies * latencyRoom);
            firsts = realloc(firsts, sizeof *firsts * latencyRoom);
        }
        firsts[latencyCount] = client->firstAt - client->startedAt;
        latencies[latencyCount++] = at - client->startedAt;
    }
    if (client->closesAfter) disconnect(client);
    next(client);
}

// MARK: Sending

static void startRequest(Client *client) {
    client->state = sending;
    client->sent = client->headBytes = client->tailCount = 0;
    client->bodyBytes = 0;
    client->begun = false;
    advance(client);
}

static ssize_t sendNow(Client *client) {
    if (client->ssl) {
        ERR_clear_error();
        int sent = SSL_write(client->ssl, request + client->sent, (int)(requestBytes - client->sent));
        if (sent > 0) return sent;
        int error = SSL_get_error(client->ssl, sent);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    ssize_t sent = send(client->fd, request + client->sent, requestBytes - client->sent, MSG_NOSIGNAL);
    return sent >= 0 ? sent : errno == EAGAIN ? 0 : -1;
}

static void advance(Client *client) {
    while (client->sent < requestBytes) {
        ssize_t sent = sendNow(client);
        if (sent < 0) return failed(client, &cutOff);
        if (sent == 0) return watch(client, true);
        client->sent += (size_t)sent;
    }
    watch(client, false);
    client->state = readingHead;
}

// MARK: Reading

static void keepTail(Client *client, const char *bytes, size_t count) {
    client->bodyBytes += (long)count;
    if (!client->begun && client->bodyBytes > 0) {
        client->begun = true;
        client->firstAt = now();
        begunStreams++;
    }
    if (count >= tailBytes) {
        memcpy(client->tail, bytes + count - tailBytes, tailBytes);
        client->tailCount = tailBytes;
        return;
    }
    size_t kept = client->tailCount + count > tailBytes ? tailBytes - count : client->tailCount;
    memmove(client->tail, client->tail + client->tailCount - kept, kept);
    memcpy(client->tail + kept, bytes, count);
    client->tailCount = kept + count;
}

static const char *headerValue(const char *head, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':') {
            const char *value = line + 3 + strlen(name);
            while (*value == ' ') value++;
            return value;
        }
    }
    return NULL;
}

static void readHead(Client *client, size_t headCount) {
    client->head[headCount - 2] = 0;
    client->status = atoi(client->head + 9);
    const char *length = headerValue(client->head, "content-length");
    const char *coding = headerValue(client->head, "transfer-encoding");
    const char *connection = headerValue(client->head, "connection");
    client->closesAfter = connection && strncasecmp(connection, "close", 5) == 0;
    client->isChunked = coding && strncasecmp(coding, "chunked", 7) == 0;
    client->chunk = chunkSize;
    client->left = length && !client->isChunked ? strtoull(length, NULL, 10) : 0;
    client->state = readingBody;
}

/// Takes body bytes. 1 when the answer is whole, 0 when more is to come, -1 when the framing is wrong.
static int readBody(Client *client, const char *bytes, size_t count) {
    if (!client->isChunked) {
        size_t taken = count < client->left ? count : (size_t)client->left;
        if (taken) keepTail(client, bytes, taken);
        client->left -= taken;
        return taken < count ? -1 : client->left == 0;
    }
    for (size_t i = 0; i < count;) {
        char byte = bytes[i];
        switch (client->chunk) {
        case chunkSize:
            i++;
            if (byte >= '0' && byte <= '9') client->left = client->left * 16 + (uint64_t)(byte - '0');
            else if ((byte | 32) >= 'a' && (byte | 32) <= 'f') {
                client->left = client->left * 16 + (uint64_t)((byte | 32) - 'a' + 10);
            } else if (byte == ';' || byte == '\r') client->chunk = chunkExtension;
            else return -1;
            break;
        case chunkExtension:
            i++;
            if (byte == '\n') client->chunk = client->left ? chunkData : trailer, client->trailerBytes = 0;
            break;
        case chunkData: {
            size_t taken = count - i < client->left ? count - i : (size_t)client->left;
            keepTail(client, bytes + i, taken);
            i += taken;
            if ((client->left -= taken) == 0) client->chunk = chunkEnd;
            break;
        }
        case chunkEnd:
            i++;
            if (byte == '\n') client->chunk = chunkSize;
            else if (byte != '\r') return -1;
            break;
        case trailer:
            i++;
            if (byte == '\n') {
                if (client->trailerBytes == 0) return i == count ? 1 : -1;
                client->trailerBytes = 0;
            } else if (byte != '\r') client->trailerBytes++;
            break;
        }
    }
    return 0;
}

/// Takes what arrived. False when the client moved on to another request or connection.
static bool take(Client *client, const char *bytes, size_t count) {
    if (client->state == readingHead) {
        size_t before = client->headBytes;
        size_t copied = count < maxHeadBytes - 1 - before ? count : maxHeadBytes - 1 - before;
        memcpy(client->head + before, bytes, copied);
        client->headBytes += copied;
        size_t from = before > 3 ? before - 3 : 0;
        char *end = memmem(client->head + from, client->headBytes - from, "\r\n\r\n", 4);
        if (!end) {
            if (copied == count) return true;
            failed(client, &cutOff);
            return false;
        }
        size_t headCount = (size_t)(end - client->head) + 4, used = headCount - before;
        readHead(client, headCount);
        bytes += used, count -= used;
        if (count == 0 && (client->isChunked || client->left > 0)) return true;
    } else if (client->state != readingBody) {
        failed(client, &cutOff);  // bytes nobody asked for
        return false;
    }
    int result = readBody(client, bytes, count);
    if (result == 0) return true;
    if (result < 0) failed(client, &cutOff);
    else complete(client);
    return false;
}

static void receive(Client *client) {
    for (;;) {
        ssize_t count;
        if (client->ssl) {
            ERR_clear_error();
            count = SSL_read(client->ssl, buffer, readBytes);
            if (count <= 0) {
                int error = SSL_get_error(client->ssl, (int)count);
                if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
                return failed(client, &cutOff);
            }
        } else {
            count = recv(client->fd, buffer, readBytes, 0);
            if (count < 0 && errno == EAGAIN) return;
            if (count <= 0) return failed(client, &cutOff);
        }
        if (!take(client, buffer, (size_t)count)) return;
        if (!client->ssl && count < readBytes) return;
    }
}

static void handle(Client *client, uint32_t events) {
    if (client->state == connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error || (events & EPOLLHUP)) return failed(client, &refused);
        if (!(events & EPOLLOUT)) return;
        if (!client->ssl) return startRequest(client);
        client->state = handshaking;
    }
    if (client->state == handshaking) {
        ERR_clear_error();
        int result = SSL_do_handshake(client->ssl);
        if (result == 1) return startRequest(client);
        int error = SSL_get_error(client->ssl, result);
        if (error == SSL_ERROR_WANT_READ) return watch(client, false);
        if (error == SSL_ERROR_WANT_WRITE) return watch(client, true);
        return failed(client, &refused);
    }
    if (client->state == sending && (events & EPOLLOUT)) return advance(client);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(client);
}

// MARK: Result

static int ascending(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double percentile(const int64_t *sorted, double share) {
    if (latencyCount == 0) return 0;
    size_t at = (size_t)(share * (double)latencyCount);
    return (double)sorted[at < latencyCount ? at : latencyCount - 1] / 1000;
}

static void report(double seconds) {
    qsort(latencies, latencyCount, sizeof *latencies, ascending);
    qsort(firsts, latencyCount, sizeof *firsts, ascending);
    double rateSeconds = deadline ? options.seconds : seconds;
    printf("{\"completed\":%ld,\"errors\":%ld,\"seconds\":%.3f,\"rps\":%.2f,\"p50_us\":%.1f,\"p90_us\":%.1f,"
           "\"p99_us\":%.1f,\"max_us\":%.1f,\"first_p50_us\":%.1f,\"body_bytes\":%ld,\"begun\":%ld,"
           "\"refused\":%ld,\"cut\":%ld,\"timed_out\":%ld,\"unfinished\":%ld,\"statuses\":{",
           completed, errors, seconds, (double)inTime / rateSeconds, percentile(latencies, 0.5),
           percentile(latencies, 0.9), percentile(latencies, 0.99), percentile(latencies, 1), percentile(firsts, 0.5),
           completed ? bodyTotal / completed : 0, begunStreams, refused, cutOff, timedOut, unfinished);
    const char *separator = "";
    for (int i = 0; i < 600; i++) {
        if (statuses[i]) printf("%s\"%d\":%ld", separator, i, statuses[i]), separator = ",";
    }
    printf("}}\n");
}

// MARK: Start

static void readOptions(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (!strcmp(name, "--stream")) {
            options.stream = true;
            continue;
        }
        if (!strcmp(name, "--tls")) {
            options.tls = true;
            continue;
        }
        if (i + 1 >= count) fail("an option wants a value");
        char *value = arguments[++i];
        if (!strcmp(name, "--port")) options.port = atoi(value);
        else if (!strcmp(name, "--body")) options.body = value;
        else if (!strcmp(name, "--path")) options.path = value;
        else if (!strcmp(name, "--end")) options.end = value;
        else if (!strcmp(name, "--connections")) options.connections = atoi(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--requests")) options.requests = atol(value);
        else if (!strcmp(name, "--hold")) options.hold = atof(value);
        else if (!strcmp(name, "--timeout")) options.timeout = atof(value);
        else fail(name);
    }
    if (!options.port || !options.body) fail("--port and --body are needed");
    if (options.hold) options.requests = options.connections;
    if (!options.seconds && !options.requests) options.seconds = 3;
}

static void makeRequest(void) {
    FILE *file = fopen(options.body, "rb");
    if (!file) fail("the body cannot be read");
    fseek(file, 0, SEEK_END);
    size_t bodyBytes = (size_t)ftell(file);
    rewind(file);
    char *head;
    int headBytes = asprintf(&head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        "User-Agent: OpenAI/Python 1.109.1\r\nAuthorization: Bearer none\r\nContent-Length: %zu\r\n\r\n",
        options.path, options.port, bodyBytes);
    request = malloc((size_t)headBytes + bodyBytes);
    memcpy(request, head, (size_t)headBytes);
    if (fread(request + headBytes, 1, bodyBytes, file) != bodyBytes) fail("the body cannot be read");
    requestBytes = (size_t)headBytes + bodyBytes;
    fclose(file);
}

static void expire(int64_t at) {
    for (int i = 0; i < options.connections; i++) {
        Client *client = &clients[i];
        if (client->state == closed || (double)(at - client->startedAt) < options.timeout * 1e9) continue;
        failed(client, &timedOut);
    }
}

int main(int count, char **arguments) {
    readOptions(count, arguments);
    makeRequest();
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (options.tls) {
        tls = SSL_CTX_new(TLS_client_method());  // the peer is ours and on loopback: it is not verified
        SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    epollFD = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)options.connections, sizeof *clients);
    startedRun = now();
    if (options.seconds) deadline = startedRun + (int64_t)(options.seconds * 1e9);
    active = options.connections;
    for (int i = 0; i < options.connections; i++) next(&clients[i]);

    int64_t heldUntil = 0, checked = startedRun;
    while (active > 0) {
        struct epoll_event events[256];
        int ready = epoll_wait(epollFD, events, 256, 50);
        for (int i = 0; i < ready; i++) {
            Client *client = events[i].data.ptr;
            if (client->state != closed) handle(client, events[i].events);
        }
        int64_t at = now();
        if (deadline && at >= deadline) stopping = true;
        if (at - checked > 250000000) {
            checked = at;
            expire(at);
        }
        if (options.hold && !heldUntil
            && (begunStreams >= active || (double)(at - startedRun) > 30e9)) {
            printf("HELD %ld\n", begunStreams);
            fflush(stdout);
            heldUntil = at + (int64_t)(options.hold * 1e9);
        }
        if (heldUntil && at >= heldUntil) break;
    }
    report((double)(now() - startedRun) / 1e9);
}
