/* >>program-progress-code: progress display and signals */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "progress.h"
#include "table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

static void on_signal(int number) { stop_signal = number; }

void stop_watch(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  action.sa_flags = (int)(SA_RESTART | SA_RESETHAND); /* the second time it ends the program */
  sigaction(SIGINT, &action, NULL);
}

int stop_requested(void) { return stop_signal; }

const char *stop_name(void) {
  return stop_signal == SIGINT    ? "SIGINT"
         : stop_signal == SIGTERM ? "SIGTERM"
         : stop_signal == SIGUSR1 ? "SIGUSR1"
                                  : "";
}

double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_begin(progress *p, const char *title, double total, const char *unit, int quiet) {
  const char *term = getenv("TERM");
  memset(p, 0, sizeof *p);
  p->title = title;
  p->unit = unit;
  p->total = total;
  p->off = quiet;
  p->terminal = isatty(2) && term && strcmp(term, "dumb");
  p->begun = p->shown = now_seconds();
}

/* "1:02:03" or "2:03" */
static const char *duration(double seconds, char *text, size_t size) {
  const long s = (long)(seconds + 0.5);
  if (s >= 3600) snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
  return text;
}

static void progress_print(const progress *p, double done, const char *note) {
  const double elapsed = now_seconds() - p->begun, share = p->total > 0 ? done / p->total : 1;
  const double rate = elapsed > 0 ? done / elapsed : 0;
  char bar[25], rate_text[32], time_text[32];
  for (int i = 0; i < 24; i++) bar[i] = i < (int)(share * 24 + 1e-9) ? '#' : '.';
  bar[24] = 0;
  duration(done >= p->total || rate <= 0 ? elapsed : (p->total - done) / rate, time_text, sizeof time_text);
  if (p->terminal) fprintf(stderr, "\r\033[K%s  %s", p->title, bar);
  else fprintf(stderr, "%s", p->title);
  fprintf(stderr, "  %3.0f %%", 100 * share);
  if (rate > 0 && rate < 10) fprintf(stderr, "  %.2f %s/s", rate, p->unit);
  else fprintf(stderr, "  %s %s/s", with_commas(rate, rate_text), p->unit);
  fprintf(stderr, "  %s %s%s%s", time_text, done >= p->total ? "in all" : "left", note ? "  " : "",
          note ? note : "");
  if (!p->terminal) fputc('\n', stderr);
  fflush(stderr);
}

void progress_set(progress *p, double done, const char *note) {
  const double now = now_seconds();
  if (p->off || now - p->shown < (p->terminal ? 0.1 : 10)) return;
  p->shown = now;
  progress_print(p, done, note);
}

/* the bar makes room for what comes next */
void progress_end(progress *p) {
  if (p->off || !p->terminal) return;
  fprintf(stderr, "\r\033[K");
  fflush(stderr);
}
