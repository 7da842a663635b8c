/* >>exchange: trajectories, clips and markers for other programs: the published NPZ, OpenSim, CSV, TRC */

/* Writes the field set of the published trajectories (musclemimic, loco-mujoco): qpos, qvel, xpos, xquat, cvel, subtree_com of all
   bodies, site_xpos, site_xmat and cvel_parent of the mimic sites, subtree_com_root, split_points, frequency, names of joints,
   bodies and sites, and the arrays of the model that describe them. Names of clips have no place in it. */
mm_status mm_trajectory_save_npz(const mm_model *model, const mm_trajectory *trajectory, const char *path);
/* Reads qpos, split_points, frequency, joint_names and jnt_type, also of files with fewer fields; joints are matched by name, those
   that the file has not stay at qpos0 (or follow their couplings), velocities and sites are computed anew. missing and unknown:
   how many joints the file, and the model, have not; may be NULL. MM_E_DATA: no joint in common, shapes that do not fit. */
mm_status mm_trajectory_load_npz(mm_context *ctx, const char *path, const mm_model *model, mm_trajectory **trajectory, int *missing,
                                 int *unknown);
/* The same of bytes in memory; label stands for the file name in errors. */
mm_status mm_trajectory_parse_npz(mm_context *ctx, const char *label, const void *bytes, size_t size, const mm_model *model,
                                  mm_trajectory **trajectory);

/* OpenSim's coordinates: columns by joint names, hinges in degrees, slides in metres; a free joint becomes pelvis_tilt, pelvis_list,
   pelvis_rotation (body-fixed about z, x, y) and pelvis_tx, ty, tz in OpenSim's ground, whose y is up: (x, y, z) = (x, z, -y) of the
   world. All angles are 0 where the root stands as at qpos0, facing +x; which way it faces at qpos0 is told by the hip or shoulder
   mimic sites, without which it is +x. clip: which of the trajectory's. MM_E_UNSUPPORTED: ball joints, two free joints. */
mm_status mm_columns_from_trajectory(const mm_model *model, const mm_trajectory *trajectory, int clip, mm_columns **columns);
/* The other way, for equally spaced rows; columns that are no joint are left out, joints that are no column stay at qpos0 or follow
   their couplings. */
mm_status mm_trajectory_from_columns(const mm_model *model, const mm_columns *columns, mm_trajectory **trajectory, int *missing,
                                     int *unknown);

/* Plain columns for CSV, in radians and metres: of a trajectory (of all its clips, with a column of their numbers; joints under their
   names, a free joint as name_x … name_qz), of a clip (the 24 joints' positions, z up), of markers. */
mm_status mm_columns_of_trajectory(const mm_trajectory *trajectory, mm_columns **columns);
mm_status mm_columns_of_clip(const mm_clip *clip, mm_columns **columns);
mm_status mm_columns_of_markers(const mm_markers *markers, mm_columns **columns);
/* A line of names, a line for each row; numbers that are none are left empty. */
mm_status mm_columns_save_csv(const mm_columns *columns, const char *path);
mm_status mm_trc_save(const mm_markers *markers, const char *path);
