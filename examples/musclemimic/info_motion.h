/* >>program-info-motion: what files of motion hold */
#ifndef INFO_MOTION_H
#define INFO_MOTION_H

#include "app.h"

/* 1 for a file that recording_info knows by its ending, or by what it holds */
int recording_is(app *a, const char *path);
/* clips (.npz, .bvh, .amc), markers (.c3d, .trc), tables (.mot, .sto), trajectories (.h5, published .npz); the exit status */
int recording_info(app *a, const char *path);

int trajectory_is(app *a, const char *path);
int trajectory_info(app *a, const char *path);

#endif
