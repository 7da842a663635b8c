/* >>program-convert: musclemimic convert */
#include "clips.h"
#include "info_motion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const arg_option options[] = {
  {"out", 'o', ARG_TEXT, "FILE", 0, 0, "what to write; its ending says in which form"},
  {"model", 0, ARG_TEXT, "MODEL.xml", 0, 0, "the model that a trajectory belongs to, where more is needed than the file holds"},
  {"clip", 0, ARG_TEXT, "NAME", 0, 0, "which clip of a trajectory of several, by name or number from 1 (.mot, .sto)"},
  {NULL, 0, ARG_FLAG, "", 0, 0, ""}
};
static const arg_option *const groups[] = {options, clip_options, model_options, NULL};

typedef struct conversion {
  app a;
  const char *in, *out;
  mm_model *model;
  mm_trajectory *trajectory;
} conversion;

static int is_table(const char *path) { return path_ends(path, ".mot") || path_ends(path, ".sto"); }

/* an error of what comes after reading may not name the file */
static int failed(const conversion *c) {
  const char *text = mm_error(c->a.ctx);
  if (strstr(text, c->in) || strstr(text, c->out)) return app_failed(&c->a);
  return app_error(&c->a, "%s: %s", c->in, text);
}

static int impossible(const conversion *c, const char *choices) {
  return app_error(&c->a, "%s can be written as %s, not as %s", c->in, choices, c->out);
}

static int need_model(conversion *c, const char *why) {
  const char *path = arg_text(c->a.given, "model", NULL);
  if (!path) return app_error(&c->a, "--model MODEL.xml is missing: %s", why);
  return app_model(&c->a, path, &c->model) ? app_failed(&c->a) : EXIT_DONE;
}

static void tell_joints(const conversion *c, int missing, int unknown) {
  if (missing)
    fprintf(stderr, "musclemimic convert: %d joints of the model are not in %s: they follow their couplings or stay at qpos0\n",
            missing, c->in);
  if (unknown)
    fprintf(stderr, "musclemimic convert: %d columns or joints of %s are not in the model: left out\n", unknown, c->in);
}

/* the clip that --clip names; -1: a message has been printed */
static int which_clip(const conversion *c) {
  const char *name = arg_text(c->a.given, "clip", NULL);
  const mm_trajectory *t = c->trajectory;
  char *end = NULL;
  long number;
  if (!name && t->clip_count == 1) return 0;
  if (!name) {
    app_error(&c->a, "%s has %d clips; say which (--clip NAME or number)", c->in, t->clip_count);
    return -1;
  }
  for (int i = 0; i < t->clip_count; i++)
    if (!strcmp(t->clip_names[i], name)) return i;
  number = strtol(name, &end, 10);
  if (end != name && !*end && number >= 1 && number <= t->clip_count) return (int)number - 1;
  app_error(&c->a, "%s has no clip '%s'", c->in, name);
  return -1;
}

static int write_trajectory(conversion *c) {
  mm_columns *columns = NULL;
  mm_status status;
  int clip, code;
  if (path_ends(c->out, ".h5") || path_ends(c->out, ".hdf5")) return mm_trajectory_save(c->trajectory, c->out) ? failed(c) : EXIT_DONE;
  if (path_ends(c->out, ".csv")) {
    status = mm_columns_of_trajectory(c->trajectory, &columns);
    if (!status) status = mm_columns_save_csv(columns, c->out);
  } else if (path_ends(c->out, ".npz") || is_table(c->out)) {
    code = c->model ? EXIT_DONE : need_model(c, "bodies and types of joints come from it");
    if (code) return code;
    if (path_ends(c->out, ".npz")) status = mm_trajectory_save_npz(c->model, c->trajectory, c->out);
    else {
      if ((clip = which_clip(c)) < 0) return EXIT_FAILED;
      status = mm_columns_from_trajectory(c->model, c->trajectory, clip, &columns);
      if (!status) status = mm_mot_save(columns, c->out);
    }
  } else {
    return impossible(c, ".h5, .npz, .mot, .sto or .csv");
  }
  mm_columns_destroy(columns);
  return status ? failed(c) : EXIT_DONE;
}

static int convert_trajectory(conversion *c) {
  int missing = 0, unknown = 0, code;
  if (path_ends(c->in, ".npz")) {
    code = need_model(c, "the file's joints are matched with its joints by name");
    if (code) return code;
    if (mm_trajectory_load_npz(c->a.ctx, c->in, c->model, &c->trajectory, &missing, &unknown)) return failed(c);
    tell_joints(c, missing, unknown);
  } else if (mm_trajectory_load(c->a.ctx, c->in, NULL, &c->trajectory)) {
    return failed(c);
  }
  code = write_trajectory(c);
  if (!code) printf("%s: %d clips, %d frames at %g Hz\n", c->out, c->trajectory->clip_count, c->trajectory->frame_count, c->trajectory->frequency);
  return code;
}

static int convert_table(conversion *c) {
  mm_columns *columns = NULL;
  int missing = 0, unknown = 0, code = EXIT_DONE;
  if (mm_mot_load(c->a.ctx, c->in, &columns)) return failed(c);
  if (path_ends(c->out, ".csv")) code = mm_columns_save_csv(columns, c->out) ? failed(c) : EXIT_DONE;
  else if (is_table(c->out)) code = mm_mot_save(columns, c->out) ? failed(c) : EXIT_DONE;
  else if (path_ends(c->out, ".h5") || path_ends(c->out, ".npz")) {
    code = need_model(c, "columns are matched with its joints by name");
    if (!code && mm_trajectory_from_columns(c->model, columns, &c->trajectory, &missing, &unknown)) code = failed(c);
    if (!code) tell_joints(c, missing, unknown);
    if (!code) code = write_trajectory(c);
  } else code = impossible(c, ".h5, .npz, .mot, .sto or .csv");
  if (!code) printf("%s: %d rows at %g Hz\n", c->out, columns->row_count, columns->frequency);
  mm_columns_destroy(columns);
  return code;
}

static int convert_markers(conversion *c) {
  mm_markers *markers = NULL;
  mm_columns *columns = NULL;
  mm_status status = path_ends(c->in, ".c3d") ? mm_c3d_load(c->a.ctx, c->in, &markers) : mm_trc_load(c->a.ctx, c->in, &markers);
  int code = EXIT_DONE;
  if (!status && path_ends(c->out, ".csv")) {
    status = mm_columns_of_markers(markers, &columns);
    if (!status) status = mm_columns_save_csv(columns, c->out);
  } else if (!status && path_ends(c->out, ".trc")) {
    status = mm_trc_save(markers, c->out);
  } else if (!status) {
    code = impossible(c, ".trc or .csv");
  }
  if (status) code = failed(c);
  if (!code) printf("%s: %d markers, %d frames at %g Hz\n", c->out, markers->marker_count, markers->frame_count, markers->frequency);
  mm_columns_destroy(columns);
  mm_markers_destroy(markers);
  return code;
}

static int convert_clip(conversion *c) {
  mm_clip *clip = NULL;
  mm_motion *motion = NULL;
  mm_columns *columns = NULL;
  mm_clip_report report;
  char words[512];
  int code = EXIT_DONE;
  mm_status status = app_clip(&c->a, c->in, &clip, &report);
  if (status) return failed(c);
  if (path_ends(c->out, ".npz")) status = mm_clip_save(clip, c->out);
  else if (path_ends(c->out, ".bvh")) {
    status = mm_motion_from_clip(clip, &motion);
    if (!status) status = mm_bvh_save(motion, 0.01, c->out);
  } else if (path_ends(c->out, ".csv")) {
    status = mm_columns_of_clip(clip, &columns);
    if (!status) status = mm_columns_save_csv(columns, c->out);
  } else {
    code = impossible(c, ".npz, .bvh or .csv (a trajectory is made of it by 'musclemimic retarget')");
  }
  if (status) code = failed(c);
  if (!code) printf("%s: %d frames at %g Hz, %s\n", c->out, clip->frame_count, clip->frequency, clip_words(clip, &report, words, sizeof words));
  mm_columns_destroy(columns);
  mm_motion_destroy(motion);
  mm_clip_destroy(clip);
  return code;
}

static int run(const args *given) {
  conversion c;
  int code;
  memset(&c, 0, sizeof c);
  c.in = arg_operand(given, 0);
  c.out = arg_text(given, "out", NULL);
  if (!c.out) return usage_error("convert", "--out FILE is missing: what shall be written?");
  code = app_begin(&c.a, given);
  if (code) return code;
  if (is_table(c.in)) code = convert_table(&c);
  else if (path_ends(c.in, ".c3d") || path_ends(c.in, ".trc")) code = convert_markers(&c);
  else if (path_ends(c.in, ".h5") || path_ends(c.in, ".hdf5") || trajectory_is(&c.a, c.in)) code = convert_trajectory(&c);
  else code = convert_clip(&c);
  mm_trajectory_destroy(c.trajectory);
  mm_model_destroy(c.model);
  return app_end(&c.a, code);
}

const command convert_command = {
  "convert", "a motion in another program's form", "IN", 1, 1,
  "Trajectories (.h5) become the published field set (.npz), OpenSim motions (.mot, .sto) or CSV, and are read from both; clips "
  "(.npz, .bvh, .amc) become SMPL .npz, BVH in centimetres, or CSV of the joints' positions; markers (.c3d, .trc) become TRC or CSV. "
  "OpenSim: hinges in degrees, y up, a free root as pelvis_tilt, pelvis_list, pelvis_rotation, pelvis_tx, ty, tz.",
  "  musclemimic convert traj.h5 -o traj.npz --model myofullbody.xml --no-fingers --mimic-sites\n"
  "  musclemimic convert traj.h5 -o walk.mot --model models/legs18.xml\n"
  "  musclemimic convert published.npz -o traj.h5 --model myofullbody.xml --no-fingers --mimic-sites\n"
  "  musclemimic convert 02_01.amc -o walk.npz\n"
  "  musclemimic convert trial.c3d -o trial.trc\n",
  groups, run
};
