/* >>program-collect: which clips are meant: files, folders, lists, splits */
#ifndef COLLECT_H
#define COLLECT_H

#include "app.h"

/* how it went with a clip */
typedef enum item_state {
  ITEM_WAITS, /* to be retargeted */
  ITEM_KEPT,  /* was there already */
  ITEM_MADE,
  ITEM_ASIDE
} item_state;

typedef struct item {
  char *path;          /* NULL: the name of a list that is no file */
  char *name;          /* of the clip: its path below the folder, without ending */
  const char *split;   /* NULL: none */
  int mirrored;
  item_state state;
  char *why;           /* set aside: in words; NULL: by a limit, or not at all */
  mm_clip_limit limit; /* that was exceeded; MM_LIMIT_COUNT: none */
  mm_clip_verdict verdict;
  uint64_t key;
  int old;             /* place in the data set that was there, from 1; 0: none */
  int frames;          /* at the rate of the trajectory; 0: could not be read */
  int reported;        /* 1: there is a trajectory, and report is about it */
  mm_retarget_report report;
} item;

typedef struct split {
  char *name;
  double share;        /* of the clips, by their names; 0: those of a list */
  int count;           /* clips in it */
} split;

typedef struct collection {
  item *items;
  int count, room;
  split *splits;
  int split_count;
  int ignored;         /* files of folders that are no clips */
} collection;

extern const arg_option collect_options[]; /* --list, --root, --split, --mirror */

/* Operands first to last - 1, lists and splits: items by their names, each followed by its mirror image where --mirror is
   given. On an error a message has been printed. collection_free is needed in either case. */
int collect(app *a, int first, int last, collection *c);
void collection_free(collection *c);

#endif
