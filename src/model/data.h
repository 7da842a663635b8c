/* >>data: what a simulation holds of each environment. Names and shapes are MuJoCo's

   X(kind, UPPER, name, rows, columns, unit, meaning). MM_<UPPER> is the field's number for mm_sim_get and mm_sim_set.
     STATE  carried from step to step, kept for every environment; may be set
     INPUT  set by the caller, kept for every environment
     WORK   computed in a step, in scratch that only the environments in flight have; kept when asked for
     LAZY   computed only when asked for (or when the model needs it)
     EXTRA  carried from step to step for a task on top of the simulation; there only when asked for, and may be set */

#define MM_DATA_STATE(X)                                                                                \
  X(STATE, QPOS, qpos, nq, 1, "m, rad", "coordinates")                                                  \
  X(STATE, QVEL, qvel, nv, 1, "m/s, rad/s", "velocities; free joint: linear in the world, angular in the body frame") \
  X(STATE, ACT, act, na, 1, "", "activations")                                                          \
  X(STATE, QACC_WARMSTART, qacc_warmstart, nv, 1, "m/s^2, rad/s^2", "where the solver starts")          \
  X(STATE, STEP, step, 1, 1, "", "time in time steps: 0 at a reset, a keyframe's time at a reset to one")                                          \
  X(STATE, WARNING, warning, 1, 1, "", "mm_warning bits since the last reset")                          \
  X(STATE, RESETS, resets, 1, 1, "", "times it was put back because of them")                           \
  X(INPUT, CTRL, ctrl, nu, 1, "", "controls")                                                           \
  X(INPUT, QFRC_APPLIED, qfrc_applied, nv, 1, "N, N m", "generalised force applied from outside")       \
  X(INPUT, XFRC_APPLIED, xfrc_applied, nbody, 6, "N, N m", "force and torque at the centres of mass, world frame") \
  X(INPUT, MOCAP_POS, mocap_pos, nmocap, 3, "m", "positions of mocap bodies")                           \
  X(INPUT, MOCAP_QUAT, mocap_quat, nmocap, 4, "", "orientations of mocap bodies")

#define MM_DATA_KINEMATICS(X)                                                                           \
  X(WORK, XPOS, xpos, nbody, 3, "m", "body positions, world frame")                                     \
  X(WORK, XQUAT, xquat, nbody, 4, "", "body orientations, world frame")                                 \
  X(WORK, XMAT, xmat, nbody, 9, "", "body orientations as matrices by rows")                            \
  X(WORK, XIPOS, xipos, nbody, 3, "m", "centres of mass of bodies, world frame")                        \
  X(WORK, XIMAT, ximat, nbody, 9, "", "principal axes of inertia as matrices by rows")                  \
  X(WORK, XANCHOR, xanchor, njnt, 3, "m", "joint anchors, world frame")                                 \
  X(WORK, XAXIS, xaxis, njnt, 3, "", "joint axes, world frame")                                         \
  X(LAZY, GEOM_XPOS, geom_xpos, ngeom, 3, "m", "geom positions, world frame")                           \
  X(LAZY, GEOM_XMAT, geom_xmat, ngeom, 9, "", "geom orientations as matrices by rows")                  \
  X(LAZY, SITE_XPOS, site_xpos, nsite, 3, "m", "site positions, world frame")                           \
  X(LAZY, SITE_XMAT, site_xmat, nsite, 9, "", "site orientations as matrices by rows")

/* spatial vectors: rotation, then translation, about the centre of mass of the kinematic tree, world axes */
#define MM_DATA_INERTIA(X)                                                                              \
  X(WORK, SUBTREE_COM, subtree_com, nbody, 3, "m", "centre of mass of each body with its descendants")  \
  X(WORK, CDOF, cdof, nv, 6, "", "motion axis of each degree of freedom")                               \
  X(WORK, CVEL, cvel, nbody, 6, "rad/s, m/s", "body velocities")                                        \
  X(WORK, CINERT, cinert, nbody, 10, "", "body inertias: 6 moments, mass times offset, mass")           \
  X(WORK, BODY_WORK, body_work, nbody, 12, "", "scratch of passes over the tree: composite inertias, forces") \
  X(WORK, QM, qM, nM, 1, "kg, kg m^2", "mass matrix, lower triangle by rows (M_rowadr, M_colind)")     \
  X(WORK, QLD, qLD, nM, 1, "", "factor of the mass matrix, or of that with implicit damping: L' L, L as qM, inverse diagonal")

#define MM_DATA_TENDON(X)                                                                               \
  X(WORK, TEN_LENGTH, ten_length, ntendon, 1, "m", "tendon lengths")                                    \
  X(WORK, TEN_VELOCITY, ten_velocity, ntendon, 1, "m/s", "tendon velocities")                           \
  X(WORK, PATH_LENGTH, path_length, nspan, 1, "m", "lengths of the spans of tendon paths, divided by the pulleys' divisors") \
  X(WORK, PATH_RATE, path_rate, nspan, 1, "m/s", "rates of these lengths")                              \
  X(WORK, PATH_LINE, path_line, nline, 6, "m, 1", "lines of force between bodies, as screws about the tree's centre of mass") \
  X(WORK, PATH_FORCE, path_force, nbundle, 6, "N m, N", "what the lines between the same two bodies pull") \
  X(WORK, TENDON_FORCE, tendon_force, ntendon, 1, "N", "force along each tendon, negative: tension")    \
  X(LAZY, TEN_J, ten_J, ntendon, nv, "m, m/rad", "derivative of ten_length, dense")

#define MM_DATA_ACTUATION(X)                                                                            \
  X(WORK, ACTUATOR_LENGTH, actuator_length, nu, 1, "m, rad", "transmission lengths")                    \
  X(WORK, ACTUATOR_VELOCITY, actuator_velocity, nu, 1, "m/s, rad/s", "transmission velocities")         \
  X(WORK, ACTUATOR_FORCE, actuator_force, nu, 1, "N, N m", "actuator forces")                           \
  X(WORK, ACT_DOT, act_dot, na, 1, "1/s", "rates of activation")                                        \
  X(WORK, QFRC_ACTUATOR, qfrc_actuator, nv, 1, "N, N m", "generalised force of the actuators")          \
  X(LAZY, ACTUATOR_MOMENT, actuator_moment, nu, nv, "m, m/rad, 1", "derivative of actuator_length, dense")

#define MM_DATA_FORCE(X)                                                                                \
  X(WORK, QFRC_BIAS, qfrc_bias, nv, 1, "N, N m", "Coriolis, centrifugal and gravity force")             \
  X(WORK, QFRC_PASSIVE, qfrc_passive, nv, 1, "N, N m", "springs, dampers and gravity compensation")     \
  X(WORK, QFRC_GRAVCOMP, qfrc_gravcomp, ngravdof, 1, "N, N m", "gravity compensation")                  \
  X(WORK, QFRC_SMOOTH, qfrc_smooth, nv, 1, "N, N m", "all force but that of constraints")               \
  X(LAZY, QACC_SMOOTH, qacc_smooth, nv, 1, "m/s^2, rad/s^2", "acceleration without constraints")        \
  X(WORK, QFRC_CONSTRAINT, qfrc_constraint, nv, 1, "N, N m", "force of the constraints")                \
  X(WORK, QACC, qacc, nv, 1, "m/s^2, rad/s^2", "acceleration")

/* slots of the plan, in fixed places: position and frame mean something only where the distance is below MM_FAR */
#define MM_DATA_CONTACT(X)                                                                              \
  X(WORK, CONTACT_DIST, contact_dist, nconmax, 1, "m", "distance of the surfaces, negative: depth; 1e10: no contact") \
  X(WORK, CONTACT_POS, contact_pos, nconmax, 3, "m", "midway between the surfaces, world frame")        \
  X(WORK, CONTACT_FRAME, contact_frame, nconmax, 9, "", "by rows: normal from geom 1 to geom 2, two tangents")

/* Rows and contacts have fixed places; where one is not active its D is zero. jar is J qacc - aref. */
#define MM_DATA_CONSTRAINT(X)                                                                           \
  X(WORK, EFC_J, efc_J, nefcJ, 1, "", "Jacobian of the constraint rows (efc_rowadr, efc_colind)")       \
  X(WORK, EFC_D, efc_D, nefc, 1, "kg, kg m^2", "weight of a row")                                       \
  X(WORK, EFC_JAR, efc_jar, nefc, 1, "m/s^2, rad/s^2", "acceleration along a row, less its reference")  \
  X(WORK, EFC_JV, efc_jv, nefc, 1, "m/s^2, rad/s^2", "rate of efc_jar along the last search direction") \
  X(WORK, EFC_FORCE, efc_force, nefc, 1, "N, N m", "force of a row")                                    \
  X(WORK, CONTACT_D, contact_D, nconmax, 1, "kg", "weight of a contact's normal, or of a pyramid's edge") \
  X(WORK, CONTACT_JAR, contact_jar, ncontactdim, 1, "m/s^2, rad/s^2", "accelerations along contact frames, less reference") \
  X(WORK, CONTACT_JV, contact_jv, ncontactdim, 1, "m/s^2, rad/s^2", "rate of contact_jar along the last search direction") \
  X(WORK, BODY_STIFFNESS, body_stiffness, nbody, 21, "", "contacts in the Hessian: 6 by 6 of a body with its descendants") \
  X(WORK, HESSIAN, hessian, nH, 1, "", "Newton Hessian, then its factor (H_rowadr)")                    \
  X(WORK, SOLVE_WORK, solve_work, nv, 4, "", "vectors of the solver: M a, M v, gradient, v")            \
  X(WORK, SOLVE_INDEX, solve_index, nsolveindex, 1, "", "integers of the solver: tree, what is active") \
  X(LAZY, EFC_COUNT, efc_count, 1, 4, "", "active rows: equalities, friction losses, limits, contacts") \
  X(LAZY, CONTACT_FORCE, contact_force, nconmax, 6, "N, N m", "force and torque on geom 2 along the axes of contact_frame") \
  X(LAZY, SOLVER_NITER, solver_niter, 1, 1, "", "Newton iterations")

#define MM_DATA_SENSOR(X)                                                                               \
  X(LAZY, SENSORDATA, sensordata, nsensordata, 1, "", "sensor readings (sensor_adr, sensor_dim)")

/* the imitation task's own state of each environment (env_shared.h: MM_ENV_...) */
#define MM_DATA_ENV(X)                                                                                  \
  X(EXTRA, ENV_STATE, env_state, 8, 1, "", "clip, frame, first frame, steps, place, return, mark")      \
  X(EXTRA, ENV_ACTION, env_action, nu, 1, "", "action of the step before")

#define MM_DATA_FIELDS(X)                                                                               \
  MM_DATA_STATE(X) MM_DATA_KINEMATICS(X) MM_DATA_INERTIA(X) MM_DATA_TENDON(X) MM_DATA_ACTUATION(X)      \
  MM_DATA_FORCE(X) MM_DATA_CONTACT(X) MM_DATA_CONSTRAINT(X) MM_DATA_SENSOR(X) MM_DATA_ENV(X)

typedef enum mm_field {
#define MM_FIELD_NUMBER(kind, upper, name, rows, columns, unit, meaning) MM_##upper,
  MM_DATA_FIELDS(MM_FIELD_NUMBER)
#undef MM_FIELD_NUMBER
  MM_FIELD_COUNT
} mm_field;
