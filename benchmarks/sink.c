/* An SMTP server that accepts and discards every message, with very little CPU time.
 *
 * One thread, epoll. It offers PIPELINING, 8BITMIME, SIZE and, given a certificate, STARTTLS.
 * It counts messages and recipients; distinct recipients are counted by their numbers, the
 * digits before the @. On SIGTERM it prints one JSON object and ends.
 *
 *   sink [-p PORT] [-d MILLISECONDS] [-k MESSAGES -o FOLDER [-e NTH]] [-c PEM]
 *
 * -d delays each reply, like a distant server, without blocking other connections.
 * -k keeps the last MESSAGES messages as received, and writes them to FOLDER at the end; with
 *    -e only every NTH message may be kept, so that keeping does not slow the timed run.
 * -c is a file with certificate and key.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
static SSL_CTX *tls;
#endif

enum { BUFFER = 1 << 17, MOST_REPLIES = 1 << 14, LARGEST_NUMBER = 1 << 27, LINE = 512 };

struct text { char *bytes; size_t length, capacity; };

struct connection {
    int fd, has_mail, has_recipient, in_data, within_line, is_kept, is_plain_reply, is_over, users;
    char *buffer;
    size_t used;
    char replies[MOST_REPLIES];
    size_t replies_length;
    char recipient[LINE];
    struct text copy;
#ifdef WITH_TLS
    SSL *ssl;
#endif
};

struct held_reply { struct held_reply *next; struct connection *to; double due; int is_plain;
                    size_t length; char bytes[]; };

static int queue, port, delay_ms, keep, keep_each = 1;
static const char *folder = ".";
static struct held_reply *first_held, *last_held;
static struct text *kept;
static unsigned char *seen;
static size_t seen_size;
static long long begun, kept_count, messages, recipients, distinct, repeated, octets, connections, refused;
static double first_mail, last_dot;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void append(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length > text->capacity) {
        text->capacity = 2 * (text->length + length);
        if (!(text->bytes = realloc(text->bytes, text->capacity)))
            die("realloc");
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

/* ---- connections ---- */

static void forget(struct connection *c)
{
    if (--c->users)
        return; /* a delayed reply still points to it */
    free(c->buffer);
    free(c->copy.bytes);
    free(c);
}

static void hang_up(struct connection *c)
{
    if (c->is_over)
        return;
    c->is_over = 1;
#ifdef WITH_TLS
    SSL_free(c->ssl);
    c->ssl = NULL;
#endif
    close(c->fd);
    forget(c);
}

static void put(struct connection *c, const char *bytes, size_t length, int is_plain)
{
    ssize_t sent;
    if (c->is_over)
        return;
#ifdef WITH_TLS
    if (c->ssl && !is_plain)
        sent = SSL_write(c->ssl, bytes, (int)length);
    else
#endif
        sent = send(c->fd, bytes, length, MSG_NOSIGNAL);
    (void)is_plain;
    if (sent != (ssize_t)length) /* replies are short: if one cannot be written, the peer is gone */
        hang_up(c);
}

static void reply(struct connection *c, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    size_t space = MOST_REPLIES - c->replies_length;
    int length = vsnprintf(c->replies + c->replies_length, space, format, values);
    va_end(values);
    if (length >= 0 && (size_t)length < space)
        c->replies_length += (size_t)length;
}

static void flush_replies(struct connection *c)
{
    if (!c->replies_length || c->is_over)
        return;
    if (!delay_ms) {
        put(c, c->replies, c->replies_length, c->is_plain_reply);
    } else {
        struct held_reply *held = malloc(sizeof *held + c->replies_length);
        if (!held)
            die("malloc");
        held->next = NULL;
        held->to = c;
        held->due = seconds() + delay_ms / 1e3;
        held->is_plain = c->is_plain_reply;
        held->length = c->replies_length;
        memcpy(held->bytes, c->replies, held->length);
        c->users++;
        last_held = *(last_held ? &last_held->next : &first_held) = held;
    }
    c->replies_length = 0;
    c->is_plain_reply = 0;
}

/* Write the replies that are due; returns the milliseconds until the next one, -1 for never. */
static int release_replies(void)
{
    while (first_held) {
        double wait = first_held->due - seconds();
        if (wait > 0)
            return (int)(wait * 1e3) + 1;
        struct held_reply *held = first_held;
        if (!(first_held = held->next))
            last_held = NULL;
        put(held->to, held->bytes, held->length, held->is_plain);
        forget(held->to);
        free(held);
    }
    return -1;
}

/* ---- counts ---- */

static void count_recipient(const char *address)
{
    long long number = -1;
    recipients++;
    for (; *address && *address != '@'; address++)
        if (*address >= '0' && *address <= '9' && number < LARGEST_NUMBER)
            number = (number < 0 ? 0 : number * 10) + *address - '0';
    if (number < 0 || number >= LARGEST_NUMBER)
        return;
    size_t place = (size_t)number / 8;
    if (place >= seen_size) {
        size_t size = 2 * place + 4096;
        if (!(seen = realloc(seen, size)))
            die("realloc");
        memset(seen + seen_size, 0, size - seen_size);
        seen_size = size;
    }
    int bit = 1 << (number % 8);
    *((seen[place] & bit) ? &repeated : &distinct) += 1;
    seen[place] |= (unsigned char)bit;
}

static void end_message(struct connection *c)
{
    if (c->has_recipient) {
        count_recipient(c->recipient);
        if (c->is_kept) {
            struct text *place = &kept[kept_count++ % keep], old = *place;
            *place = c->copy;
            c->copy = old;
        }
        messages++;
        last_dot = seconds();
        reply(c, "250 2.0.0 Ok: taken as %lld\r\n", messages);
    } else {
        reply(c, "554 5.5.1 No valid recipients\r\n");
    }
    c->copy.length = 0;
    c->in_data = c->has_mail = c->has_recipient = 0;
}

/* ---- protocol ---- */

static void greet(struct connection *c)
{
    reply(c, "250-sink.test\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n");
#ifdef WITH_TLS
    if (tls && !c->ssl)
        reply(c, "250-STARTTLS\r\n");
#endif
    reply(c, "250 ENHANCEDSTATUSCODES\r\n");
}

static void begin_tls(struct connection *c)
{
#ifdef WITH_TLS
    if (tls && !c->ssl && (c->ssl = SSL_new(tls))) {
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_accept_state(c->ssl);
        reply(c, "220 2.0.0 Go ahead\r\n");
        c->is_plain_reply = 1;
        return;
    }
#endif
    reply(c, "502 5.5.1 No TLS here\r\n");
}

static void take_recipient(struct connection *c, const char *line)
{
    const char *start = strchr(line, '<');
    if (!c->has_mail || !start) {
        refused++;
        reply(c, "503 5.5.1 MAIL first\r\n");
        return;
    }
    snprintf(c->recipient, LINE, "%.*s", (int)strcspn(start + 1, ">"), start + 1);
    c->has_recipient = 1;
    reply(c, "250 2.1.5 Ok\r\n");
}

static void command(struct connection *c, const char *line)
{
    if (!strncasecmp(line, "MAIL FROM:", 10)) {
        if (!first_mail)
            first_mail = seconds();
        c->has_mail = 1;
        reply(c, "250 2.1.0 Ok\r\n");
    } else if (!strncasecmp(line, "RCPT TO:", 8)) {
        take_recipient(c, line);
    } else if (!strcasecmp(line, "DATA")) {
        c->in_data = c->has_recipient;
        c->is_kept = keep && c->in_data && begun++ % keep_each == 0;
        reply(c, c->in_data ? "354 Go on\r\n" : "503 5.5.1 RCPT first\r\n");
        refused += !c->in_data;
    } else if (!strncasecmp(line, "EHLO", 4)) {
        greet(c);
    } else if (!strncasecmp(line, "HELO", 4) || !strcasecmp(line, "NOOP")) {
        reply(c, "250 sink.test\r\n");
    } else if (!strcasecmp(line, "RSET")) {
        c->has_mail = c->has_recipient = 0;
        reply(c, "250 2.0.0 Ok\r\n");
    } else if (!strcasecmp(line, "STARTTLS")) {
        begin_tls(c);
    } else if (!strcasecmp(line, "QUIT")) {
        reply(c, "221 2.0.0 Bye\r\n");
    } else {
        refused++;
        reply(c, "502 5.5.2 Not known here\r\n");
    }
}

/* Consume lines of content; returns how many octets were consumed. */
static size_t take_content(struct connection *c, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *stop;
    while (c->in_data && at < end) {
        if (!c->within_line && *at == '.' && end - at < 3)
            break; /* this may be the dot */
        if (!c->within_line && *at == '.' && at[1] == '\r' && at[2] == '\n') {
            if (c->is_kept)
                append(&c->copy, bytes, (size_t)(at - bytes));
            octets += at - bytes;
            end_message(c);
            return (size_t)(at + 3 - bytes);
        }
        stop = memchr(at, '\n', (size_t)(end - at));
        c->within_line = !stop;
        at = stop ? stop + 1 : end;
    }
    if (c->is_kept)
        append(&c->copy, bytes, (size_t)(at - bytes));
    octets += at - bytes;
    return (size_t)(at - bytes);
}

static void digest(struct connection *c)
{
    size_t at = 0;
    while (at < c->used && !c->is_over) {
        if (c->in_data) {
            size_t taken = take_content(c, c->buffer + at, c->used - at);
            if (!taken)
                break;
            at += taken;
            continue;
        }
        char *stop = memchr(c->buffer + at, '\n', c->used - at);
        if (!stop)
            break;
        *stop = 0;
        if (stop > c->buffer + at && stop[-1] == '\r')
            stop[-1] = 0;
        command(c, c->buffer + at);
        at = (size_t)(stop + 1 - c->buffer);
    }
    c->used -= at;
    memmove(c->buffer, c->buffer + at, c->used);
    if (c->used == BUFFER - 1)
        hang_up(c); /* a command longer than the buffer */
}

static ssize_t take_octets(struct connection *c)
{
    char *free_room = c->buffer + c->used;
    size_t space = BUFFER - 1 - c->used;
#ifdef WITH_TLS
    if (c->ssl) {
        ERR_clear_error(); /* another connection's error must not be read as this one's */
        int taken = SSL_read(c->ssl, free_room, (int)space);
        if (taken <= 0 && SSL_get_error(c->ssl, taken) == SSL_ERROR_WANT_READ)
            errno = EAGAIN;
        else if (taken <= 0)
            errno = ECONNRESET;
        return taken > 0 ? taken : -1;
    }
#endif
    return recv(c->fd, free_room, space, 0);
}

static void serve(struct connection *c)
{
    int is_encrypted = 0;
    c->users++;
    do {
        ssize_t taken = take_octets(c);
        if (taken < 0 && errno == EAGAIN)
            break;
        if (taken <= 0) {
            hang_up(c);
            break;
        }
        c->used += (size_t)taken;
        digest(c);
#ifdef WITH_TLS
        is_encrypted = c->ssl != NULL; /* epoll does not report data that OpenSSL has buffered */
#endif
    } while (is_encrypted && !c->is_over);
    flush_replies(c);
    forget(c);
}

static void welcome(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    if (!c || !(c->buffer = malloc(BUFFER)))
        die("malloc");
    c->fd = fd;
    c->users = 1;
    connections++;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
    reply(c, "220 sink.test ESMTP\r\n");
    flush_replies(c);
}

/* ---- start and end ---- */

static void write_kept(void)
{
    long long count = kept_count < keep ? kept_count : keep;
    for (long long number = 0; number < count; number++) {
        char name[4096];
        struct text *one = &kept[(kept_count - count + number) % keep];
        snprintf(name, sizeof name, "%s/%lld.eml", folder, number);
        FILE *file = fopen(name, "wb");
        if (!file || fwrite(one->bytes, 1, one->length, file) < one->length
            || fclose(file))
            die(name);
    }
}

static void report(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    write_kept();
    printf("{\"messages\": %lld, \"recipients\": %lld, \"distinct\": %lld, \"repeated\": %lld, "
           "\"octets\": %lld, \"connections\": %lld, \"refused\": %lld, \"seconds\": %.6f, "
           "\"cpu_seconds\": %.6f}\n",
           messages, recipients, distinct, repeated, octets, connections, refused,
           messages ? last_dot - first_mail : 0.0,
           used.ru_utime.tv_sec + used.ru_stime.tv_sec
           + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

static int listen_on_loopback(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof here;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 1024)
        || getsockname(listener, (struct sockaddr *)&here, &size))
        die("listen");
    printf("{\"port\": %d}\n", ntohs(here.sin_port));
    fflush(stdout);
    return listener;
}

static int ending_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* end with the parent process */
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void open_tls(const char *pem)
{
#ifdef WITH_TLS
    tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_certificate_chain_file(tls, pem) != 1
        || SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1)
        die(pem);
#else
    fprintf(stderr, "sink: built without TLS, cannot use %s\n", pem);
    exit(2);
#endif
}

int main(int count, char **arguments)
{
    int option;
    while ((option = getopt(count, arguments, "p:d:k:e:o:c:")) != -1) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'd': delay_ms = atoi(optarg); break;
        case 'k': keep = atoi(optarg); break;
        case 'e': keep_each = atoi(optarg); break;
        case 'o': folder = optarg; break;
        case 'c': open_tls(optarg); break;
        default: return 2;
        }
    }
    if (keep_each < 1)
        return 2;
    if (keep && !(kept = calloc((size_t)keep, sizeof *kept)))
        die("calloc");
    int ending = ending_signals(), listener = listen_on_loopback(), sources[2] = { ending, listener };
    queue = epoll_create1(EPOLL_CLOEXEC);
    for (int number = 0; number < 2; number++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &sources[number] };
        epoll_ctl(queue, EPOLL_CTL_ADD, sources[number], &event);
    }
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(queue, events, 64, release_replies());
        for (int number = 0; number < ready; number++) {
            void *what = events[number].data.ptr;
            if (what == &sources[0]) {
                report();
                return 0;
            }
            if (what == &sources[1])
                welcome(listener);
            else
                serve(what);
        }
    }
}
