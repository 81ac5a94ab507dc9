// A web server with the habits of real ones, one thread, no dependencies, so that a static build
// runs in an image FROM scratch.
//
//   web [--on-stop close|ignore|die|hang] [--wait-for-usr1] [--ipv4] [--reuse] PORT...
//
// What it does on SIGTERM, SIGINT and SIGQUIT:
//   close   (default) closes its listeners at once, finishes what it has begun, exits 0
//   ignore  says so and serves on
//   die     leaves the signals' default actions
//   hang    closes its listeners and never ends
// --wait-for-usr1 listens only after SIGUSR1. It prints what happens to it, a line each.
// GET / answers "ok"; /slow/MS answers after MS milliseconds; /status/N with that status; /pid with
// its pid; /served with the number of requests answered before.
// Connections are kept alive unless the request says "Connection: close".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { max_ports = 8, max_connections = 2000, head_size = 2048 };
enum on_stop { stop_close, stop_ignore, stop_die, stop_hang };

struct connection {
  int used;
  char head[head_size];
  long answer_at;  // milliseconds; 0: the head is not whole yet
  int keep;
};

static struct pollfd waits[1 + max_ports + max_connections];
static struct connection connections[max_connections];
static int port_count, ports[max_ports], ipv4_only, reuse_port;
static enum on_stop on_stop = stop_close;
static long served;
static int stopping, highest;  // the highest slot that was ever used

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static void start_listening(void) {
  for (int i = 0; i < port_count; i++) {
    int one = 1, family = ipv4_only ? AF_INET : AF_INET6;
    int listener = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (reuse_port) setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(ports[i])};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(ports[i])};
    int refused = ipv4_only ? bind(listener, (struct sockaddr *)&four, sizeof four)
                            : bind(listener, (struct sockaddr *)&six, sizeof six);
    if (refused < 0 || listen(listener, 1024) < 0) {
      printf("web: port %d: %s\n", ports[i], strerror(errno));
      exit(1);
    }
    waits[1 + i] = (struct pollfd){.fd = listener, .events = POLLIN};
    printf("web: listening on %d\n", ports[i]);
  }
}

static void drop(int slot) {
  close(waits[1 + max_ports + slot].fd);
  waits[1 + max_ports + slot].fd = -1;
  connections[slot].used = 0;
  connections[slot].answer_at = 0;
}

static void accept_all(int listener) {
  for (;;) {
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    int slot = 0;
    while (slot < max_connections && waits[1 + max_ports + slot].fd >= 0) slot++;
    if (slot == max_connections) {
      close(client);
      continue;
    }
    waits[1 + max_ports + slot] = (struct pollfd){.fd = client, .events = POLLIN};
    if (slot > highest) highest = slot;
  }
}

static void answer(int slot) {
  struct connection *c = &connections[slot];
  char body[64] = "ok\n", text[256];
  int status = 200;
  if (strncmp(c->head, "GET /pid ", 9) == 0) snprintf(body, sizeof body, "%d\n", (int)getpid());
  if (strncmp(c->head, "GET /served ", 12) == 0) snprintf(body, sizeof body, "%ld\n", served);
  if (strncmp(c->head, "GET /status/", 12) == 0) status = atoi(c->head + 12);
  int keep = c->keep && !stopping;
  int length = snprintf(
      text, sizeof text, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: %s\r\n\r\n%s", status,
      strlen(body), keep ? "keep-alive" : "close", body);
  int sent = (int)send(waits[1 + max_ports + slot].fd, text, length, MSG_NOSIGNAL);
  served++;
  c->used = 0;
  c->answer_at = 0;
  if (!keep || sent < 0) drop(slot);
}

static void receive(int slot) {
  struct connection *c = &connections[slot];
  int room = head_size - 1 - c->used;
  int got = (int)recv(waits[1 + max_ports + slot].fd, c->head + c->used, room, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || room == 0) {
    drop(slot);
    return;
  }
  c->used += got;
  c->head[c->used] = 0;
  if (c->answer_at || !strstr(c->head, "\r\n\r\n")) return;
  long delay = 0;
  const char *path = strchr(c->head, ' ');
  if (path && strncmp(path, " /slow/", 7) == 0) delay = atol(path + 7);
  c->keep = strcasestr(c->head, "connection: close") == NULL;
  c->answer_at = now() + delay;
}

static void stop(const char *name) {
  printf("web: %s\n", name);
  if (on_stop == stop_ignore) return;
  stopping = 1;
  for (int i = 0; i < port_count; i++) {
    if (waits[1 + i].fd >= 0) close(waits[1 + i].fd);
    waits[1 + i].fd = -1;
  }
  for (int slot = 0; slot <= highest; slot++)
    if (waits[1 + max_ports + slot].fd >= 0 && !connections[slot].answer_at) drop(slot);
}

static int is_busy(void) {
  for (int slot = 0; slot <= highest; slot++)
    if (waits[1 + max_ports + slot].fd >= 0) return 1;
  return 0;
}

static int next_wait(void) {
  long soonest = -1, t = now();
  for (int slot = 0; slot <= highest; slot++) {
    long at = connections[slot].answer_at;
    if (at && (soonest < 0 || at - t < soonest)) soonest = at - t < 0 ? 0 : at - t;
  }
  return (int)soonest;
}

static void read_signal(int signals) {
  struct signalfd_siginfo came;
  if (read(signals, &came, sizeof came) != sizeof came) return;
  if (came.ssi_signo == SIGUSR1) start_listening();
  if (came.ssi_signo == SIGTERM) stop("SIGTERM");
  if (came.ssi_signo == SIGINT) stop("SIGINT");
  if (came.ssi_signo == SIGQUIT) stop("SIGQUIT");
}

int main(int count, char **arguments) {
  int wait_for_usr1 = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < count; i++) {
    const char *a = arguments[i];
    if (strcmp(a, "--wait-for-usr1") == 0) wait_for_usr1 = 1;
    else if (strcmp(a, "--ipv4") == 0) ipv4_only = 1;
    else if (strcmp(a, "--reuse") == 0) reuse_port = 1;
    else if (strcmp(a, "--on-stop") == 0 && i + 1 < count) {
      const char *habit = arguments[++i];
      on_stop = *habit == 'i' ? stop_ignore : *habit == 'd' ? stop_die : *habit == 'h' ? stop_hang : stop_close;
    } else if (port_count < max_ports) ports[port_count++] = atoi(a);
  }
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGUSR1);
  if (on_stop != stop_die) {
    sigaddset(&taken, SIGTERM);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGQUIT);
  }
  sigprocmask(SIG_BLOCK, &taken, NULL);
  for (int i = 0; i < 1 + max_ports + max_connections; i++) waits[i].fd = -1;
  waits[0] = (struct pollfd){.fd = signalfd(-1, &taken, SFD_CLOEXEC), .events = POLLIN};
  if (wait_for_usr1) printf("web: waiting\n");
  else start_listening();

  for (;;) {
    // Not more than needed: poll(2) refuses more entries than RLIMIT_NOFILE.
    poll(waits, 1 + max_ports + highest + 1, next_wait());
    if (waits[0].revents) read_signal(waits[0].fd);
    for (int i = 0; i < max_ports; i++)
      if (waits[1 + i].fd >= 0 && waits[1 + i].revents) accept_all(waits[1 + i].fd);
    for (int slot = 0; slot <= highest; slot++) {
      int *fd = &waits[1 + max_ports + slot].fd;
      if (*fd >= 0 && waits[1 + max_ports + slot].revents) receive(slot);
      if (*fd >= 0 && connections[slot].answer_at && connections[slot].answer_at <= now()) answer(slot);
    }
    if (stopping && on_stop == stop_close && !is_busy()) {
      printf("web: served %ld\n", served);
      return 0;
    }
  }
}
