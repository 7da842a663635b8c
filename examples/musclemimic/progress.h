/* >>program-progress: how far a long run is, and the wish to end it */
#ifndef PROGRESS_H
#define PROGRESS_H

typedef struct progress {
  const char *title, *unit;
  double total;
  double begun, shown;  /* s */
  int terminal, off;
} progress;

/* On a terminal a bar with rate and time left; elsewhere a line every 10 seconds. Both on standard error. */
void progress_begin(progress *p, const char *title, double total, const char *unit, int quiet);
/* note: a few words behind the bar, or NULL */
void progress_set(progress *p, double done, const char *note);
void progress_end(progress *p);

/* From here on SIGINT, SIGTERM and SIGUSR1 ask for a clean end; the second SIGINT ends the program at once. */
void stop_watch(void);
/* The number of the signal, 0: none came. */
int stop_requested(void);
const char *stop_name(void);

double now_seconds(void);

#endif
