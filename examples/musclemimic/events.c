/* >>program-events-code: TensorBoard event files */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct events {
  FILE *file;
  int failed;
  uint32_t table[256]; /* of the checksum */
};

/* reflected Castagnoli polynomial */
static void make_table(uint32_t *table) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t rest = i;
    for (int k = 0; k < 8; k++) rest = rest & 1 ? (rest >> 1) ^ 0x82F63B78u : rest >> 1;
    table[i] = rest;
  }
}

static uint32_t masked_checksum(const uint32_t *table, const unsigned char *bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < size; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  crc ^= 0xFFFFFFFFu;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

/* >>wire: numbers of a message, least byte first */

typedef struct message { unsigned char bytes[512]; size_t size; } message;

static void put_fixed(message *m, uint64_t value, int bytes) {
  for (int i = 0; i < bytes && m->size < sizeof m->bytes; i++) m->bytes[m->size++] = (unsigned char)(value >> (8 * i) & 255);
}

static void put_varint(message *m, uint64_t value) {
  for (; value >= 128; value >>= 7) put_fixed(m, (value & 127) | 128, 1);
  put_fixed(m, value, 1);
}

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
static void put_key(message *m, int field, int wire) { put_varint(m, (uint64_t)(field << 3 | wire)); }

static void put_bytes(message *m, int field, const void *bytes, size_t size) {
  put_key(m, field, WIRE_BYTES);
  put_varint(m, size);
  if (size > sizeof m->bytes - m->size) size = sizeof m->bytes - m->size;
  memcpy(m->bytes + m->size, bytes, size);
  m->size += size;
}

static void put_double(message *m, int field, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, WIRE_64);
  put_fixed(m, bits, 8);
}

static void put_float(message *m, int field, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, WIRE_32);
  put_fixed(m, bits, 4);
}

/* an Event: wall time and step */
static message event_of(int64_t step) {
  message m;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  m.size = 0;
  put_double(&m, 1, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
  put_key(&m, 2, WIRE_VARINT);
  put_varint(&m, (uint64_t)step);
  return m;
}

static void write_record(events *e, const message *m) {
  message head;
  head.size = 0;
  put_fixed(&head, m->size, 8);
  put_fixed(&head, masked_checksum(e->table, head.bytes, 8), 4);
  if (fwrite(head.bytes, 1, head.size, e->file) != head.size || fwrite(m->bytes, 1, m->size, e->file) != m->size) e->failed = 1;
  head.size = 0;
  put_fixed(&head, masked_checksum(e->table, m->bytes, m->size), 4);
  if (fwrite(head.bytes, 1, head.size, e->file) != head.size) e->failed = 1;
}

/* the version of the format comes first, then that a run begins here */
static void write_begin(events *e, int64_t step) {
  message m = event_of(0), session;
  put_bytes(&m, 3, "brain.Event:2", 13);
  write_record(e, &m);
  m = event_of(step);
  session.size = 0;
  put_key(&session, 1, WIRE_VARINT);
  put_varint(&session, 1);
  put_bytes(&m, 7, session.bytes, session.size);
  write_record(e, &m);
}

/* names as readers sort them: by time */
events *events_open(const char *folder, int64_t step) {
  events *e = (events *)calloc(1, sizeof *e);
  char host[64] = "", *path = (char *)malloc(strlen(folder) + 160);
  if (e && path && (mkdir(folder, 0777) == 0 || errno == EEXIST)) {
    gethostname(host, sizeof host - 1);
    sprintf(path, "%s/events.out.tfevents.%010lld.%s.%ld.musclemimic", folder, (long long)time(NULL), host, (long)getpid());
    e->file = fopen(path, "wb");
  }
  free(path);
  if (!e || !e->file) {
    free(e);
    return NULL;
  }
  make_table(e->table);
  write_begin(e, step);
  return e;
}

void events_scalar(events *e, int64_t step, const char *tag, double value) {
  message m = event_of(step), summary, scalar;
  scalar.size = summary.size = 0;
  put_bytes(&scalar, 1, tag, strlen(tag) < 128 ? strlen(tag) : 128);
  put_float(&scalar, 2, (float)value);
  put_bytes(&summary, 1, scalar.bytes, scalar.size);
  put_bytes(&m, 5, summary.bytes, summary.size);
  write_record(e, &m);
}

int events_flush(events *e) {
  if (fflush(e->file)) e->failed = 1;
  return !e->failed;
}

int events_close(events *e) {
  int fine;
  if (!e) return 1;
  fine = events_flush(e);
  if (fclose(e->file)) fine = 0;
  free(e);
  return fine;
}
