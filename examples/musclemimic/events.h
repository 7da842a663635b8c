/* >>program-events: scalars as TensorBoard reads them */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdint.h>

/* A file events.out.tfevents... in a folder. Records are a length, its checksum, a message in Protocol Buffers' wire form
   and its checksum (CRC-32C, rotated and offset), as TensorFlow's record writer makes them. */
typedef struct events events;

/* Makes the folder where it is missing. step: the first that will be written; what a reader has from it on, from a run
   that went further before it was stopped, is void. NULL: errno says why. */
events *events_open(const char *folder, int64_t step);
void events_scalar(events *e, int64_t step, const char *tag, double value);
/* Gives what was written since to the system; 0: it could not be written. */
int events_flush(events *e);
/* 0: something could not be written. NULL is allowed. */
int events_close(events *e);

#endif
