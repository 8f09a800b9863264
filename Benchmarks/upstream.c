// An OpenAI-compatible provider that costs little: one thread, epoll, keep-alive, no allocation per chunk.
//
//   upstream --port P [--tls CERT KEY] [--chunks N] [--pause-us US] [--hold SECONDS] [--delay-ms LOW-HIGH]
//            [--limit N/SECONDS]... [--window sliding|fixed] [--faults 429=10,reset=5,5xx=5,cut=5] [--retry-after S]
//            [--seed N]
//
// POST …/chat/completions   a whole answer, or an SSE stream when the body says "stream":true
// GET  /stats               what was asked and answered so far, as JSON
// POST /faults/on|off       switches --faults; GET …/models lists one model
//
// A stream is a role chunk, N content chunks, a finish chunk, a usage chunk and [DONE], each its own write and its own
// chunked frame, --pause-us apart on a timer of its own, so that chunks reach the proxy one by one. With --pause-us 0
// each is still its own write, as fast as the streams' turns come.
//
// A request with --delay-ms takes L between the two; it is counted against --limit (or hit by --faults) at a random
// moment within L and answered at its end, as a provider behind a network would.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { maxHeadBytes = 65536, maxBodyBytes = 64 << 20, maxAxes = 4, heldChunks = 10 };
static const int64_t second = 1000000000, slack = 30000;  // nanoseconds

// MARK: Options

typedef struct {
    int64_t window;
    int limit, used, head;  // `used` in the current window; `head` is the ring's next place
    int64_t *admitted;      // sliding: a ring of the last `limit` admissions
    int64_t index;          // fixed: which window `used` counts
} Axis;

static struct {
    int port, chunks, retryAfter;
    const char *certificate, *key;
    int64_t pause, hold, delayLow, delayHigh;
    bool fixedWindows, faultsOn;
    double faults[4];  // percent: 429, reset, 5xx, cut
} options = {.port = 9100, .chunks = 200, .retryAfter = -1, .pause = 200000};

static const char *faultNames[4] = {"429", "reset", "5xx", "cut"};
enum Fault { rateLimited, reset, serverError, cut, noFault };

static Axis axes[maxAxes];
static int axisCount;
static int64_t startedAt, windowPhase;

// MARK: Connections

typedef enum { handshaking, reading, admitting, answering, streaming } State;

typedef struct {
    int fd;
    SSL *ssl;
    State state;
    char *in, *out;
    size_t inBytes, inRoom, outBytes, outStart, outRoom;
    size_t requestBytes;  // head and body of the request being answered
    bool wantsStream, stalled, wantsWrite;
    int frame, cutFrame;  // next frame to send; the frame at which the stream is cut, -1 for none
    enum Fault fault;
    int64_t due, answerAt;
    int timer;  // place in the heap, -1 when none is set
} Connection;

static struct {
    long requests, whole, streams, limited, faults[4], cutAfterContent, abandoned, connections;
} stats;
static int64_t *admissions;  // when each request was admitted, for /stats
static size_t admissionCount, admissionRoom;

static int epollFD, timerFD;
static SSL_CTX *tls;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

static uint64_t randomState = 88172645463325252ull;
static double randomUnit(void) {
    randomState ^= randomState << 13, randomState ^= randomState >> 7, randomState ^= randomState << 17;
    return (double)(randomState >> 11) / (double)(1ull << 53);
}

// MARK: Timers, a binary heap of connections by due time

static Connection **heap;
static int heapCount, heapRoom;

static void heapPut(int at, Connection *connection) {
    heap[at] = connection;
    connection->timer = at;
}

static void heapSift(int at) {
    Connection *moved = heap[at];
    while (at > 0 && heap[(at - 1) / 2]->due > moved->due) {
        heapPut(at, heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        int child = 2 * at + 1;
        if (child >= heapCount) break;
        if (child + 1 < heapCount && heap[child + 1]->due < heap[child]->due) child++;
        if (heap[child]->due >= moved->due) break;
        heapPut(at, heap[child]);
        at = child;
    }
    heapPut(at, moved);
}

static void cancelTimer(Connection *connection) {
    if (connection->timer < 0) return;
    int at = connection->timer;
    connection->timer = -1;
    Connection *last = heap[--heapCount];
    if (at == heapCount) return;
    heapPut(at, last);
    heapSift(at);
}

static void setTimer(Connection *connection, int64_t due) {
    cancelTimer(connection);
    connection->due = due;
    if (heapCount == heapRoom) heap = realloc(heap, sizeof *heap * (size_t)(heapRoom = heapRoom * 2 + 64));
    heapPut(heapCount++, connection);
    heapSift(heapCount - 1);
}

// MARK: What is sent

typedef struct {
    char *bytes;
    size_t count;
} Text;

static Text *frames, wholeAnswer;
static int frameCount;
static const char streamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    "x-request-id: req_bench\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n";

static Text format(const char *pattern, ...) {
    Text text;
    va_list list;
    va_start(list, pattern);
    text.count = (size_t)vasprintf(&text.bytes, pattern, list);
    va_end(list);
    return text;
}

static Text event(const char *json) {
    Text data = format("data: %s\n\n", json);
    Text framed = format("%zx\r\n%s\r\n", data.count, data.bytes);
    free(data.bytes);
    return framed;
}

static Text chunk(const char *members) {
    Text json = format(
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
        "\"model\":\"bench-model\",\"system_fingerprint\":\"fp_bench\",%s}", members);
    Text framed = event(json.bytes);
    free(json.bytes);
    return framed;
}

static void makeAnswers(void) {
    static const char *words[] = {" the", " river", " carries", " its", " water", " past", " a", " mill", " and",
                                  " caf\xc3\xa9", " where", " two", " people", " talk", " about", " rain,"};
    frames = calloc((size_t)options.chunks + 4, sizeof *frames);
    frames[frameCount++] = chunk("\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                                 "\"logprobs\":null,\"finish_reason\":null}]");
    for (int i = 0; i < options.chunks; i++) {
        Text members = i % 17 == 16
            ? format("\"choices\":[{\"index\":0,\"delta\":{\"content\":\" %d\"},\"logprobs\":null,"
                     "\"finish_reason\":null}]", i)
            : format("\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,"
                     "\"finish_reason\":null}]", words[(i * 7) % 16]);
        frames[frameCount++] = chunk(members.bytes);
        free(members.bytes);
    }
    frames[frameCount++] = chunk("\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,"
                                 "\"finish_reason\":\"stop\"}]");
    Text usage = format("\"choices\":[],\"usage\":{\"prompt_tokens\":420,\"completion_tokens\":%d,\"total_tokens\":%d}",
                        options.chunks, options.chunks + 420);
    frames[frameCount++] = chunk(usage.bytes);
    Text done = event("[DONE]");
    frames[frameCount++] = format("%s0\r\n\r\n", done.bytes);  // the body's end belongs to the last write
    free(done.bytes);

    Text body = format("%s",
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"bench-model\","
        "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The river carries its water past "
        "a mill and a caf\xc3\xa9 where two people talk about rain, and nobody has to decide anything until the "
        "evening.\\nThen the lamps are lit, \\\"one by one\\\", and the talk goes on for a while in lower voices, as "
        "it does every day of the week.\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":"
        "{\"prompt_tokens\":420,\"completion_tokens\":64,\"total_tokens\":484},\"system_fingerprint\":\"fp_bench\"}");
    wholeAnswer = format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\n"
                         "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n%s", body.count, body.bytes);
    free(body.bytes);
}

// MARK: Sockets

static void watch(Connection *connection, bool forWrite) {
    if (connection->wantsWrite == forWrite) return;
    connection->wantsWrite = forWrite;
    struct epoll_event event = {.events = EPOLLIN | (forWrite ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(epollFD, EPOLL_CTL_MOD, connection->fd, &event);
}

static void closeConnection(Connection *connection, bool withReset) {
    if (connection->state > reading && connection->fault == noFault) stats.abandoned++;
    cancelTimer(connection);
    if (withReset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    if (connection->ssl) SSL_free(connection->ssl);
    close(connection->fd);
    free(connection->in), free(connection->out), free(connection);
    stats.connections--;
}

/// Bytes taken by the socket; 0 when it is full; -1 when it is gone.
static ssize_t sendNow(Connection *connection, const char *bytes, size_t count) {
    if (connection->ssl) {
        ERR_clear_error();
        int sent = SSL_write(connection->ssl, bytes, (int)count);
        if (sent > 0) return sent;
        int error = SSL_get_error(connection->ssl, sent);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    ssize_t sent = send(connection->fd, bytes, count, MSG_NOSIGNAL);
    return sent >= 0 ? sent : errno == EAGAIN ? 0 : -1;
}

static ssize_t receiveNow(Connection *connection, char *bytes, size_t room) {
    if (connection->ssl) {
        ERR_clear_error();
        int received = SSL_read(connection->ssl, bytes, (int)room);
        if (received > 0) return received;
        int error = SSL_get_error(connection->ssl, received);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t received = recv(connection->fd, bytes, room, 0);
    return received > 0 ? received : received < 0 && errno == EAGAIN ? 0 : -1;
}

/// Sends or keeps what the socket would not take. False when the connection was closed.
static bool emit(Connection *connection, const char *bytes, size_t count) {
    if (connection->outBytes == 0) {
        while (count > 0) {
            ssize_t sent = sendNow(connection, bytes, count);
            if (sent < 0) return closeConnection(connection, false), false;
            if (sent == 0) break;
            bytes += sent, count -= (size_t)sent;
        }
        if (count == 0) return true;
        connection->outStart = 0;
    }
    size_t end = connection->outStart + connection->outBytes;
    if (end + count > connection->outRoom) {
        connection->out = realloc(connection->out, connection->outRoom = end + count + 4096);
    }
    memcpy(connection->out + end, bytes, count);
    connection->outBytes += count;
    watch(connection, true);
    return true;
}

// MARK: Answers

static bool takeRequest(Connection *connection);

/// The request is answered: drops its bytes and takes the next, should one have been pipelined.
static bool finish(Connection *connection) {
    connection->inBytes -= connection->requestBytes;
    memmove(connection->in, connection->in + connection->requestBytes, connection->inBytes);
    connection->requestBytes = 0;
    connection->state = reading;
    return takeRequest(connection);
}

static bool answerText(Connection *connection, int status, const char *headers, const char *type, const char *body) {
    Text text = format("HTTP/1.1 %d Status\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, type,
                       headers, strlen(body), body);
    bool open = emit(connection, text.bytes, text.count);
    free(text.bytes);
    return open && finish(connection);
}

static bool answerStats(Connection *connection) {
    char *text = NULL;
    size_t count = 0;
    FILE *file = open_memstream(&text, &count);
    fprintf(file, "{\"requests\":%ld,\"whole\":%ld,\"streams\":%ld,\"limited\":%ld", stats.requests, stats.whole,
            stats.streams, stats.limited);
    for (int i = 0; i < 4; i++) fprintf(file, ",\"%s\":%ld", faultNames[i], stats.faults[i]);
    fprintf(file, ",\"cut_after_content\":%ld,\"abandoned\":%ld,\"connections\":%ld,\"admitted_ms\":[",
            stats.cutAfterContent, stats.abandoned, stats.connections);
    for (size_t i = 0; axisCount && i < admissionCount; i++) {
        fprintf(file, "%s%.1f", i ? "," : "", (double)(admissions[i] - startedAt) / 1e6);
    }
    fprintf(file, "],\"phase_ms\":%.1f}\n", (double)windowPhase / 1e6);
    fclose(file);
    bool open = answerText(connection, 200, "", "application/json", text);
    free(text);
    return open;
}

static bool sendFrames(Connection *connection, int64_t at) {
    int index = connection->frame;
    if (index == connection->cutFrame) {
        if (index >= 2) stats.cutAfterContent++;
        bool withReset = randomUnit() < 0.5;
        if (randomUnit() < 0.5 && !emit(connection, frames[index].bytes, frames[index].count / 2)) return false;
        // A reset would discard what the peer has not read yet, the half frame included.
        closeConnection(connection, withReset);
        return false;
    }
    if (!emit(connection, frames[index].bytes, frames[index].count)) return false;
    if (++connection->frame == frameCount) return finish(connection);
    if (connection->outBytes > 0) {
        connection->stalled = true;
        return true;
    }
    int64_t wait = options.hold && index == heldChunks ? options.hold : options.pause;
    int64_t next = connection->due + wait;
    setTimer(connection, wait == 0 ? at + slack + 1 : next < at ? at + wait : next);
    return true;
}

static bool answer(Connection *connection, int64_t at) {
    switch (connection->fault) {
    case rateLimited: {
        char header[64] = "";
        if (options.retryAfter >= 0) snprintf(header, sizeof header, "Retry-After: %d\r\n", options.retryAfter);
        return answerText(connection, 429, header, "application/json",
            "{\"error\":{\"message\":\"Rate limit reached for requests\",\"type\":\"requests\",\"param\":null,"
            "\"code\":\"rate_limit_exceeded\"}}");
    }
    case reset:
        if (randomUnit() < 0.5) {
            const char *head = connection->wantsStream ? streamHead : wholeAnswer.bytes;
            if (!emit(connection, head, (size_t)(strstr(head, "\r\n\r\n") - head) + 4)) return false;
        }
        closeConnection(connection, true);
        return false;
    case serverError: {
        static const int statuses[] = {500, 502, 503, 504, 529};
        int status = statuses[(int)(randomUnit() * 5)];
        return randomUnit() < 0.5
            ? answerText(connection, status, "", "text/html", "<html><body><h1>Bad Gateway</h1></body></html>\n")
            : answerText(connection, status, "", "application/json",
                         "{\"error\":{\"message\":\"The server is overloaded\",\"type\":\"server_error\"}}");
    }
    case cut:
        if (!connection->wantsStream) {
            if (!emit(connection, wholeAnswer.bytes, wholeAnswer.count / 2)) return false;
            closeConnection(connection, false);
            return false;
        }
        break;
    case noFault: break;
    }
    if (!connection->wantsStream) {
        stats.whole++;
        return emit(connection, wholeAnswer.bytes, wholeAnswer.count) && finish(connection);
    }
    stats.streams++;
    connection->state = streaming;
    connection->frame = 0;
    connection->stalled = false;
    connection->cutFrame = connection->fault == cut ? (int)(randomUnit() * (options.chunks + 1)) : -1;
    connection->due = at;
    return emit(connection, streamHead, sizeof streamHead - 1) && sendFrames(connection, at);
}

/// Whether every axis has room; takes one from each if so.
static bool withinLimits(int64_t at) {
    for (int i = 0; i < axisCount; i++) {
        Axis *axis = &axes[i];
        if (options.fixedWindows) {
            int64_t index = (at - startedAt + windowPhase) / axis->window;
            if (index != axis->index) axis->index = index, axis->used = 0;
            if (axis->used >= axis->limit) return false;
        } else if (axis->used >= axis->limit && axis->admitted[axis->head] > at - axis->window) {
            return false;
        }
    }
    for (int i = 0; i < axisCount; i++) {
        Axis *axis = &axes[i];
        if (!options.fixedWindows) axis->admitted[axis->head] = at, axis->head = (axis->head + 1) % axis->limit;
        if (axis->used < axis->limit) axis->used++;
    }
    return true;
}

static bool admit(Connection *connection, int64_t at) {
    connection->fault = noFault;
    if (!withinLimits(at)) {
        stats.limited++;
        connection->fault = rateLimited;
    } else if (axisCount) {
        if (admissionCount == admissionRoom) {
            admissions = realloc(admissions, sizeof *admissions * (admissionRoom = admissionRoom * 2 + 1024));
        }
        admissions[admissionCount++] = at;
    }
    if (options.faultsOn && connection->fault == noFault) {
        double draw = randomUnit() * 100;
        for (int i = 0; i < 4 && connection->fault == noFault; i++) {
            if ((draw -= options.faults[i]) < 0) connection->fault = (enum Fault)i;
        }
        if (connection->fault != noFault) stats.faults[connection->fault]++;
    }
    if (connection->answerAt > at) {
        connection->state = answering;
        setTimer(connection, connection->answerAt);
        return true;
    }
    return answer(connection, at);
}

// MARK: Requests

static const char *headerValue(const char *head, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':') {
            return line + 3 + strlen(name);
        }
    }
    return NULL;
}

static bool asksForStream(const char *body, size_t count) {
    const char *at = body, *end = body + count;
    while ((at = memmem(at, (size_t)(end - at), "\"stream\"", 8))) {
        for (at += 8; at < end && (*at == ' ' || *at == ':'); at++) {}
        if (end - at >= 4 && memcmp(at, "true", 4) == 0) return true;
    }
    return false;
}

/// Answers the request at the start of `in` once it is whole. False when the connection was closed.
static bool takeRequest(Connection *connection) {
    if (connection->inBytes == 0) return true;
    if (connection->requestBytes == 0) {
        size_t searched = connection->inBytes < maxHeadBytes ? connection->inBytes : maxHeadBytes;
        char *end = memmem(connection->in, searched, "\r\n\r\n", 4);
        if (!end) {
            if (searched == maxHeadBytes) return closeConnection(connection, false), false;
            return true;
        }
        end[2] = 0;
        const char *length = headerValue(connection->in, "content-length");
        bool isChunked = headerValue(connection->in, "transfer-encoding") != NULL;
        end[2] = '\r';
        size_t body = length ? strtoull(length, NULL, 10) : 0;
        if (isChunked || body > maxBodyBytes) {
            fprintf(stderr, "upstream: a request body without Content-Length, or too large\n");
            closeConnection(connection, false);
            return false;
        }
        connection->requestBytes = (size_t)(end - connection->in) + 4 + body;
    }
    if (connection->inBytes < connection->requestBytes) return true;

    char *body = (char *)memmem(connection->in, connection->inBytes, "\r\n\r\n", 4) + 4;
    if (strncmp(connection->in, "GET /stats ", 11) == 0) return answerStats(connection);
    if (strncmp(connection->in, "POST /faults/o", 14) == 0) {
        options.faultsOn = connection->in[14] == 'n';
        return answerText(connection, 200, "", "application/json", "{}");
    }
    if (strncmp(connection->in, "POST ", 5) != 0) {
        return answerText(connection, 200, "", "application/json",
                          "{\"object\":\"list\",\"data\":[{\"id\":\"bench-model\",\"object\":\"model\"}]}");
    }
    stats.requests++;
    connection->wantsStream = asksForStream(body, connection->requestBytes - (size_t)(body - connection->in));
    int64_t at = now();
    connection->answerAt = at;
    if (options.delayHigh == 0) return admit(connection, at);
    int64_t latency = options.delayLow + (int64_t)(randomUnit() * (double)(options.delayHigh - options.delayLow));
    connection->answerAt = at + latency;
    connection->state = admitting;
    setTimer(connection, at + (int64_t)(randomUnit() * (double)latency));
    return true;
}

static void receive(Connection *connection) {
    for (;;) {
        if (connection->inRoom - connection->inBytes < 16384) {
            if (connection->requestBytes > connection->inRoom) connection->inRoom = connection->requestBytes;
            connection->in = realloc(connection->in, connection->inRoom += 16384);
        }
        size_t room = connection->inRoom - connection->inBytes;
        ssize_t received = receiveNow(connection, connection->in + connection->inBytes, room);
        if (received < 0) return closeConnection(connection, false);
        if (received == 0) return;
        connection->inBytes += (size_t)received;
        if (connection->state == reading && !takeRequest(connection)) return;
        if (!connection->ssl && (size_t)received < room) return;
    }
}

static void drain(Connection *connection) {
    while (connection->outBytes > 0) {
        ssize_t sent = sendNow(connection, connection->out + connection->outStart, connection->outBytes);
        if (sent < 0) return closeConnection(connection, false);
        if (sent == 0) return;
        connection->outStart += (size_t)sent, connection->outBytes -= (size_t)sent;
    }
    watch(connection, false);
    if (connection->stalled) {
        connection->stalled = false;
        setTimer(connection, now() + options.pause);
    }
}

static void acceptAll(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        Connection *connection = calloc(1, sizeof *connection);
        connection->fd = fd, connection->timer = -1, connection->fault = noFault;
        connection->state = tls ? handshaking : reading;
        if (tls) {
            connection->ssl = SSL_new(tls);
            SSL_set_fd(connection->ssl, fd);
            SSL_set_accept_state(connection->ssl);
        }
        stats.connections++;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(epollFD, EPOLL_CTL_ADD, fd, &event);
    }
}

static void handle(Connection *connection, uint32_t events) {
    if (connection->state == handshaking) {
        ERR_clear_error();
        int result = SSL_do_handshake(connection->ssl);
        if (result == 1) {
            connection->state = reading;
            receive(connection);
        } else {
            int error = SSL_get_error(connection->ssl, result);
            if (error == SSL_ERROR_WANT_WRITE) watch(connection, true);
            else if (error != SSL_ERROR_WANT_READ) closeConnection(connection, false);
        }
        return;
    }
    if (events & EPOLLOUT) return drain(connection);  // what else is there comes again: level-triggered
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(connection);
}

static void fire(Connection *connection, int64_t at) {
    switch (connection->state) {
    case admitting: admit(connection, at); break;
    case answering: answer(connection, at); break;
    case streaming: sendFrames(connection, at); break;
    default: break;
    }
}

// MARK: Start

static void fail(const char *message) {
    fprintf(stderr, "upstream: %s\n", message);
    exit(2);
}

static void readFaults(char *list) {
    for (char *part = strtok(list, ","); part; part = strtok(NULL, ",")) {
        char *equals = strchr(part, '=');
        int kind = 0;
        if (!equals) fail("--faults wants name=percent");
        *equals = 0;
        while (kind < 4 && strcmp(part, faultNames[kind]) != 0) kind++;
        if (kind == 4) fail("unknown fault");
        options.faults[kind] = atof(equals + 1);
    }
    options.faultsOn = true;
}

static void readOptions(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (i + 1 >= count) fail("an option wants a value");
        char *value = arguments[++i];
        if (!strcmp(name, "--port")) options.port = atoi(value);
        else if (!strcmp(name, "--chunks")) options.chunks = atoi(value);
        else if (!strcmp(name, "--pause-us")) options.pause = atoll(value) * 1000;
        else if (!strcmp(name, "--hold")) options.hold = (int64_t)(atof(value) * 1e9);
        else if (!strcmp(name, "--retry-after")) options.retryAfter = atoi(value);
        else if (!strcmp(name, "--faults")) readFaults(value);
        else if (!strcmp(name, "--window")) options.fixedWindows = !strcmp(value, "fixed");
        else if (!strcmp(name, "--seed")) randomState ^= (uint64_t)atoll(value) * 0x9E3779B97F4A7C15ull;
        else if (!strcmp(name, "--tls") && i + 1 < count) options.certificate = value, options.key = arguments[++i];
        else if (!strcmp(name, "--delay-ms")) {
            double low, high;
            if (sscanf(value, "%lf-%lf", &low, &high) != 2) fail("--delay-ms wants LOW-HIGH");
            options.delayLow = (int64_t)(low * 1e6), options.delayHigh = (int64_t)(high * 1e6);
        } else if (!strcmp(name, "--limit")) {
            double seconds;
            Axis *axis = &axes[axisCount];
            if (axisCount++ == maxAxes || sscanf(value, "%d/%lf", &axis->limit, &seconds) != 2 || axis->limit < 1) {
                fail("--limit wants N/SECONDS");
            }
            axis->window = (int64_t)(seconds * 1e9);
            axis->admitted = calloc((size_t)axis->limit, sizeof *axis->admitted);
        } else fail(name);
    }
}

static void startTLS(void) {
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                              | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(tls, (const unsigned char *)"bench", 5);
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (SSL_CTX_use_certificate_chain_file(tls, options.certificate) != 1
        || SSL_CTX_use_PrivateKey_file(tls, options.key, SSL_FILETYPE_PEM) != 1) {
        fail("the certificate or its key cannot be read");
    }
}

int main(int count, char **arguments) {
    readOptions(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    makeAnswers();
    if (options.certificate) startTLS();
    startedAt = now();
    if (axisCount) windowPhase = (int64_t)(randomUnit() * (double)axes[0].window);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        fail("the port is taken");
    }
    epollFD = epoll_create1(EPOLL_CLOEXEC);
    timerFD = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event onListener = {.events = EPOLLIN, .data.ptr = &listener};
    struct epoll_event onTimer = {.events = EPOLLIN | EPOLLET, .data.ptr = &timerFD};
    epoll_ctl(epollFD, EPOLL_CTL_ADD, listener, &onListener);
    epoll_ctl(epollFD, EPOLL_CTL_ADD, timerFD, &onTimer);

    int64_t armed = 0;
    for (;;) {
        int timeout = -1;
        if (heapCount > 0) {
            int64_t due = heap[0]->due;
            if (due <= now() + slack) {
                timeout = 0;
            } else if (due != armed) {
                struct itimerspec when = {.it_value = {.tv_sec = due / second, .tv_nsec = due % second}};
                timerfd_settime(timerFD, TFD_TIMER_ABSTIME, &when, NULL);
                armed = due;
            }
        }
        struct epoll_event events[256];
        int ready = epoll_wait(epollFD, events, 256, timeout);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == &listener) acceptAll(listener);
            else if (events[i].data.ptr != &timerFD) handle(events[i].data.ptr, events[i].events);
        }
        int64_t at = now();
        while (heapCount > 0 && heap[0]->due <= at + slack) {
            Connection *connection = heap[0];
            cancelTimer(connection);
            fire(connection, at);
        }
    }
}
