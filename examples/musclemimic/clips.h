/* >>program-clips: clips of any format on the command line */
#ifndef CLIPS_H
#define CLIPS_H

#include "app.h"

extern const arg_option clip_options[]; /* --up, --unit, --skeleton, … */

/* The clip as clip_options say. On an error the library's message is in the context. */
mm_status app_clip(app *a, const char *path, mm_clip **clip, mm_clip_report *report);
/* "z up (told from the motion), 0.01 m a unit (told from the legs), …" in text */
const char *clip_words(const mm_clip *clip, const mm_clip_report *report, char *text, size_t size);
const char *body_name(mm_body_kind kind);
/* 1 where path ends so, in small or capital letters */
int path_ends(const char *path, const char *ending);

#endif
