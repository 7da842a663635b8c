/* >>model: the compiled model. Arrays carry MuJoCo's names, shapes, units and order */

/* X(name, meaning). The names are MuJoCo's. */
#define MM_MODEL_SIZES(X)                                                             \
  X(nq, "generalised coordinates")                                                    \
  X(nv, "degrees of freedom")                                                         \
  X(nu, "actuators")                                                                  \
  X(na, "activations")                                                                \
  X(nbody, "bodies, the world included")                                              \
  X(njnt, "joints")                                                                   \
  X(ntree, "kinematic trees under the world")                                         \
  X(ngeom, "geoms")                                                                   \
  X(nsite, "sites")                                                                   \
  X(ncam, "cameras")                                                                  \
  X(nlight, "lights")                                                                 \
  X(nmesh, "meshes")                                                                  \
  X(nmeshvert, "mesh vertices")                                                       \
  X(nmeshface, "mesh faces")                                                          \
  X(nmat, "materials")                                                                \
  X(ntex, "textures")                                                                 \
  X(npair, "explicit contact pairs")                                                  \
  X(nexclude, "excluded body pairs")                                                  \
  X(neq, "equality constraints")                                                      \
  X(ntendon, "tendons")                                                               \
  X(nwrap, "tendon path elements")                                                    \
  X(nsensor, "sensors")                                                               \
  X(nsensordata, "numbers in the sensor vector")                                      \
  X(nkey, "keyframes")                                                                \
  X(nkeymocap, "keyframes times mocap bodies")                                        \
  X(nmocap, "mocap bodies")                                                           \
  X(nnumeric, "custom numeric fields")                                                \
  X(nnumericdata, "numbers in them")                                                  \
  X(nnames, "bytes of names")

/* X(kind, type, name, rows, columns, unit, meaning). kind: DEV goes to the device, HOST stays.
   Frames: parent body for pos/quat, own body for ipos; quaternions are w x y z. */
#define MM_MODEL_FIELDS_KINEMATICS(X)                                                                             \
  X(DEV, real, qpos0, nq, 1, "m, rad", "coordinates of the reference pose")                                       \
  X(DEV, real, qpos_spring, nq, 1, "m, rad", "coordinates at which joint springs rest")                           \
  X(DEV, int, body_parentid, nbody, 1, "", "parent body; 0 of body 0")                                            \
  X(DEV, int, body_rootid, nbody, 1, "", "ancestor that is a child of the world")                                 \
  X(DEV, int, body_weldid, nbody, 1, "", "nearest ancestor or self with joints")                                  \
  X(DEV, int, body_mocapid, nbody, 1, "", "mocap index, -1: none")                                                \
  X(DEV, int, body_jntnum, nbody, 1, "", "joints of the body")                                                    \
  X(DEV, int, body_jntadr, nbody, 1, "", "first joint, -1: none")                                                 \
  X(DEV, int, body_dofnum, nbody, 1, "", "degrees of freedom of the body")                                        \
  X(DEV, int, body_dofadr, nbody, 1, "", "first degree of freedom, -1: none")                                     \
  X(HOST, int, body_treeid, nbody, 1, "", "kinematic tree, -1: static")                                           \
  X(HOST, int, body_geomnum, nbody, 1, "", "geoms of the body")                                                   \
  X(HOST, int, body_geomadr, nbody, 1, "", "first geom, -1: none")                                                \
  X(DEV, real, body_pos, nbody, 3, "m", "position in the parent frame")                                           \
  X(DEV, real, body_quat, nbody, 4, "", "orientation in the parent frame")                                        \
  X(DEV, real, body_ipos, nbody, 3, "m", "centre of mass in the body frame")                                      \
  X(DEV, real, body_iquat, nbody, 4, "", "principal axes of inertia in the body frame")                           \
  X(DEV, real, body_mass, nbody, 1, "kg", "mass")                                                                 \
  X(DEV, real, body_subtreemass, nbody, 1, "kg", "mass of the body and all its descendants")                      \
  X(DEV, real, body_inertia, nbody, 3, "kg m^2", "principal moments of inertia")                                  \
  X(DEV, real, body_invweight0, nbody, 2, "1/kg, 1/(kg m^2)", "mean translational and rotational J inv(M) J' at qpos0") \
  X(DEV, real, body_gravcomp, nbody, 1, "", "fraction of gravity that is compensated")                            \
  X(DEV, int, jnt_type, njnt, 1, "", "mm_joint_type")                                                             \
  X(DEV, int, jnt_qposadr, njnt, 1, "", "first coordinate")                                                       \
  X(DEV, int, jnt_dofadr, njnt, 1, "", "first degree of freedom")                                                 \
  X(DEV, int, jnt_bodyid, njnt, 1, "", "body")                                                                    \
  X(HOST, int, jnt_group, njnt, 1, "", "group for looking")                                                       \
  X(DEV, int, jnt_limited, njnt, 1, "", "1: the range is enforced")                                               \
  X(DEV, int, jnt_actfrclimited, njnt, 1, "", "1: the actuator force range is enforced")                          \
  X(DEV, int, jnt_actgravcomp, njnt, 1, "", "1: gravity compensation counts as actuator force")                   \
  X(DEV, real, jnt_solref, njnt, 2, "s, 1", "limit: time constant and damping ratio, or -stiffness and -damping") \
  X(DEV, real, jnt_solimp, njnt, 5, "", "limit: impedance dmin dmax width midpoint power")                        \
  X(DEV, real, jnt_pos, njnt, 3, "m", "anchor in the body frame")                                                 \
  X(DEV, real, jnt_axis, njnt, 3, "", "unit axis in the body frame")                                              \
  X(DEV, real, jnt_stiffness, njnt, 1, "N/m, N m/rad", "spring")                                                  \
  X(DEV, real, jnt_range, njnt, 2, "m, rad", "lower and upper limit")                                             \
  X(DEV, real, jnt_actfrcrange, njnt, 2, "N, N m", "range of the summed actuator force")                          \
  X(DEV, real, jnt_margin, njnt, 1, "m, rad", "distance to the limit at which the constraint begins")             \
  X(HOST, real, jnt_springdamper, njnt, 2, "s, 1", "time constant and damping ratio from which stiffness and damping follow; 0 0: none")\
  X(DEV, int, dof_bodyid, nv, 1, "", "body")                                                                      \
  X(DEV, int, dof_jntid, nv, 1, "", "joint")                                                                      \
  X(DEV, int, dof_parentid, nv, 1, "", "next degree of freedom towards the root, -1: none")                       \
  X(HOST, int, dof_treeid, nv, 1, "", "kinematic tree")                                                           \
  X(DEV, real, dof_solref, nv, 2, "s, 1", "friction loss: reference")                                             \
  X(DEV, real, dof_solimp, nv, 5, "", "friction loss: impedance")                                                 \
  X(DEV, real, dof_frictionloss, nv, 1, "N, N m", "dry friction")                                                 \
  X(DEV, real, dof_armature, nv, 1, "kg, kg m^2", "added inertia")                                                \
  X(DEV, real, dof_damping, nv, 1, "N s/m, N m s/rad", "viscous damping")                                         \
  X(DEV, real, dof_invweight0, nv, 1, "1/kg, 1/(kg m^2)", "diagonal of inv(M) at qpos0, averaged over free and ball triples") \
  X(HOST, real, dof_M0, nv, 1, "kg, kg m^2", "diagonal of M at qpos0")

#define MM_MODEL_FIELDS_GEOMETRY(X)                                                                               \
  X(DEV, int, geom_type, ngeom, 1, "", "mm_geom_type")                                                            \
  X(HOST, int, geom_contype, ngeom, 1, "", "collision bits offered")                                              \
  X(HOST, int, geom_conaffinity, ngeom, 1, "", "collision bits accepted")                                         \
  X(HOST, int, geom_condim, ngeom, 1, "", "contact dimension 1, 3, 4 or 6")                                       \
  X(DEV, int, geom_bodyid, ngeom, 1, "", "body")                                                                  \
  X(HOST, int, geom_dataid, ngeom, 1, "", "mesh, -1: none")                                                       \
  X(HOST, int, geom_matid, ngeom, 1, "", "material, -1: none")                                                    \
  X(HOST, int, geom_group, ngeom, 1, "", "group for looking")                                                     \
  X(HOST, int, geom_priority, ngeom, 1, "", "whose contact parameters win")                                       \
  X(HOST, real, geom_solmix, ngeom, 1, "", "weight in the mix of contact parameters")                             \
  X(HOST, real, geom_solref, ngeom, 2, "s, 1", "contact reference")                                               \
  X(HOST, real, geom_solimp, ngeom, 5, "", "contact impedance")                                                   \
  X(DEV, real, geom_size, ngeom, 3, "m", "type-specific sizes")                                                   \
  X(DEV, real, geom_rbound, ngeom, 1, "m", "radius of the bounding sphere, 0: plane")                             \
  X(DEV, real, geom_pos, ngeom, 3, "m", "position in the body frame")                                             \
  X(DEV, real, geom_quat, ngeom, 4, "", "orientation in the body frame")                                          \
  X(HOST, real, geom_friction, ngeom, 3, "1, m, m", "sliding, torsional and rolling friction")                    \
  X(HOST, real, geom_margin, ngeom, 1, "m", "distance at which a contact is found")                               \
  X(HOST, real, geom_gap, ngeom, 1, "m", "distance before a found contact acts")                                  \
  X(HOST, real, geom_rgba, ngeom, 4, "", "colour")                                                                \
  X(HOST, int, site_type, nsite, 1, "", "mm_geom_type")                                                           \
  X(DEV, int, site_bodyid, nsite, 1, "", "body")                                                                  \
  X(HOST, int, site_matid, nsite, 1, "", "material, -1: none")                                                    \
  X(HOST, int, site_group, nsite, 1, "", "group for looking")                                                     \
  X(DEV, real, site_size, nsite, 3, "m", "type-specific sizes")                                                   \
  X(DEV, real, site_pos, nsite, 3, "m", "position in the body frame")                                             \
  X(DEV, real, site_quat, nsite, 4, "", "orientation in the body frame")                                          \
  X(HOST, real, site_rgba, nsite, 4, "", "colour")                                                                \
  X(HOST, int, cam_bodyid, ncam, 1, "", "body")                                                                   \
  X(HOST, int, cam_mode, ncam, 1, "", "tracking mode, for viewers")                                               \
  X(HOST, int, cam_targetbodyid, ncam, 1, "", "body looked at, -1: none")                                         \
  X(HOST, real, cam_pos, ncam, 3, "m", "position in the body frame")                                              \
  X(HOST, real, cam_quat, ncam, 4, "", "orientation in the body frame")                                           \
  X(HOST, real, cam_fovy, ncam, 1, "deg", "vertical field of view")                                               \
  X(HOST, int, cam_projection, ncam, 1, "", "0 perspective, 1 orthographic")                                      \
  X(HOST, real, cam_ipd, ncam, 1, "m", "distance between the eyes")                                               \
  X(HOST, int, cam_resolution, ncam, 2, "px", "width and height")                                                 \
  X(HOST, real, cam_sensorsize, ncam, 2, "m", "width and height")                                                 \
  X(HOST, real, cam_intrinsic, ncam, 4, "m", "focal lengths and principal point")                                 \
  X(HOST, int, light_bodyid, nlight, 1, "", "body")                                                               \
  X(HOST, real, light_pos, nlight, 3, "m", "position in the body frame")                                          \
  X(HOST, real, light_dir, nlight, 3, "", "direction in the body frame")                                          \
  X(HOST, int, light_mode, nlight, 1, "", "tracking mode, for viewers")                                           \
  X(HOST, int, light_targetbodyid, nlight, 1, "", "body lit, -1: none")                                           \
  X(HOST, int, light_type, nlight, 1, "", "0 spot, 1 directional, 2 point")                                       \
  X(HOST, int, light_castshadow, nlight, 1, "", "1: casts shadows")                                               \
  X(HOST, int, light_active, nlight, 1, "", "1: on")                                                              \
  X(HOST, real, light_bulbradius, nlight, 1, "m", "radius for soft shadows")                                      \
  X(HOST, real, light_intensity, nlight, 1, "cd", "intensity for physical renderers")                             \
  X(HOST, real, light_range, nlight, 1, "m", "reach")                                                             \
  X(HOST, real, light_attenuation, nlight, 3, "", "constant, linear and quadratic attenuation")                   \
  X(HOST, real, light_cutoff, nlight, 1, "deg", "half angle of a spot")                                           \
  X(HOST, real, light_exponent, nlight, 1, "", "falloff of a spot")                                               \
  X(HOST, real, light_ambient, nlight, 3, "", "colour")                                                           \
  X(HOST, real, light_diffuse, nlight, 3, "", "colour")                                                           \
  X(HOST, real, light_specular, nlight, 3, "", "colour")                                                          \
  X(HOST, int, mesh_vertadr, nmesh, 1, "", "first vertex")                                                        \
  X(HOST, int, mesh_vertnum, nmesh, 1, "", "vertices")                                                            \
  X(HOST, int, mesh_faceadr, nmesh, 1, "", "first face")                                                          \
  X(HOST, int, mesh_facenum, nmesh, 1, "", "faces")                                                               \
  X(HOST, real, mesh_scale, nmesh, 3, "", "scale applied to the vertices")                                        \
  X(HOST, real, mesh_pos, nmesh, 3, "m", "offset that was taken out of the vertices")                             \
  X(HOST, real, mesh_quat, nmesh, 4, "", "rotation that was taken out of the vertices")                           \
  X(HOST, real, mesh_vert, nmeshvert, 3, "m", "vertices, centred and in principal axes")                          \
  X(HOST, int, mesh_face, nmeshface, 3, "", "vertices of each triangle, within the mesh")                         \
  X(HOST, int, mat_texid, nmat, 10, "", "texture of each role (1: colour), -1: none")                             \
  X(HOST, int, mat_texuniform, nmat, 1, "", "1: texture repeats per unit of length")                              \
  X(HOST, real, mat_texrepeat, nmat, 2, "", "repeats of the texture")                                             \
  X(HOST, real, mat_emission, nmat, 1, "", "emission")                                                            \
  X(HOST, real, mat_specular, nmat, 1, "", "specularity")                                                         \
  X(HOST, real, mat_shininess, nmat, 1, "", "shininess")                                                          \
  X(HOST, real, mat_reflectance, nmat, 1, "", "reflectance")                                                      \
  X(HOST, real, mat_metallic, nmat, 1, "", "metallic coefficient, -1: not given")                                 \
  X(HOST, real, mat_roughness, nmat, 1, "", "roughness coefficient, -1: not given")                               \
  X(HOST, real, mat_rgba, nmat, 4, "", "colour")                                                                  \
  X(HOST, int, tex_type, ntex, 1, "", "0 2d, 1 cube, 2 skybox")                                                   \
  X(HOST, int, tex_builtin, ntex, 1, "", "pattern: 0 none (from the file), 1 gradient, 2 checker, 3 flat")        \
  X(HOST, int, tex_mark, ntex, 1, "", "mark on the pattern: 0 none, 1 edge, 2 cross, 3 random")                   \
  X(HOST, int, tex_size, ntex, 2, "px", "width and height that were asked for, 0: as the file")                   \
  X(HOST, real, tex_rgb1, ntex, 3, "", "first colour of the pattern")                                             \
  X(HOST, real, tex_rgb2, ntex, 3, "", "second colour of the pattern")                                            \
  X(HOST, real, tex_markrgb, ntex, 3, "", "colour of the mark")                                                   \
  X(HOST, real, tex_random, ntex, 1, "", "probability of a random mark")                                          \
  X(HOST, int, tex_pathadr, ntex, 1, "", "path of the picture in names, -1: none")                                \
  X(HOST, int, pair_dim, npair, 1, "", "contact dimension")                                                       \
  X(HOST, int, pair_geom1, npair, 1, "", "first geom")                                                            \
  X(HOST, int, pair_geom2, npair, 1, "", "second geom")                                                           \
  X(HOST, real, pair_solref, npair, 2, "s, 1", "contact reference, normal")                                       \
  X(HOST, real, pair_solreffriction, npair, 2, "s, 1", "contact reference, friction; 0 0: as normal")             \
  X(HOST, real, pair_solimp, npair, 5, "", "contact impedance")                                                   \
  X(HOST, real, pair_margin, npair, 1, "m", "distance at which a contact is found")                               \
  X(HOST, real, pair_gap, npair, 1, "m", "distance before a found contact acts")                                  \
  X(HOST, real, pair_friction, npair, 5, "1, 1, m, m, m", "sliding 1, 2, torsional, rolling 1, 2")                \
  X(HOST, int, exclude_signature, nexclude, 1, "", "(body1 << 16) + body2")

#define MM_MODEL_FIELDS_ACTUATION(X)                                                                              \
  X(DEV, int, eq_type, neq, 1, "", "mm_eq_type")                                                                  \
  X(DEV, int, eq_obj1id, neq, 1, "", "first body, site, joint or tendon")                                         \
  X(DEV, int, eq_obj2id, neq, 1, "", "second, -1: none")                                                          \
  X(DEV, int, eq_objtype, neq, 1, "", "mm_object of the two: body or site; joint and tendon: 0")                        \
  X(DEV, int, eq_active0, neq, 1, "", "1: enforced")                                                              \
  X(DEV, real, eq_solref, neq, 2, "s, 1", "reference")                                                            \
  X(DEV, real, eq_solimp, neq, 5, "", "impedance")                                                                \
  X(DEV, real, eq_data, neq, 11, "", "polynomial coefficients, anchors or relative pose")                         \
  X(DEV, int, tendon_adr, ntendon, 1, "", "first path element")                                                   \
  X(DEV, int, tendon_num, ntendon, 1, "", "path elements")                                                        \
  X(HOST, int, tendon_group, ntendon, 1, "", "group for looking")                                                 \
  X(DEV, int, tendon_limited, ntendon, 1, "", "1: the range is enforced")                                         \
  X(DEV, int, tendon_actfrclimited, ntendon, 1, "", "1: the actuator force range is enforced")                    \
  X(HOST, int, tendon_matid, ntendon, 1, "", "material, -1: none")                                                \
  X(HOST, real, tendon_width, ntendon, 1, "m", "width for looking")                                               \
  X(DEV, real, tendon_solref_lim, ntendon, 2, "s, 1", "limit: reference")                                         \
  X(DEV, real, tendon_solimp_lim, ntendon, 5, "", "limit: impedance")                                             \
  X(DEV, real, tendon_solref_fri, ntendon, 2, "s, 1", "friction loss: reference")                                 \
  X(DEV, real, tendon_solimp_fri, ntendon, 5, "", "friction loss: impedance")                                     \
  X(DEV, real, tendon_range, ntendon, 2, "m", "lower and upper length")                                           \
  X(DEV, real, tendon_actfrcrange, ntendon, 2, "N", "range of the summed actuator force")                         \
  X(DEV, real, tendon_margin, ntendon, 1, "m", "distance to the limit at which the constraint begins")            \
  X(DEV, real, tendon_stiffness, ntendon, 1, "N/m", "spring")                                                     \
  X(DEV, real, tendon_damping, ntendon, 1, "N s/m", "viscous damping")                                            \
  X(DEV, real, tendon_armature, ntendon, 1, "kg", "added inertia")                                                \
  X(DEV, real, tendon_frictionloss, ntendon, 1, "N", "dry friction")                                              \
  X(DEV, real, tendon_lengthspring, ntendon, 2, "m", "lengths between which the spring is slack")                 \
  X(DEV, real, tendon_length0, ntendon, 1, "m", "length at qpos0")                                                \
  X(DEV, real, tendon_invweight0, ntendon, 1, "1/kg", "J inv(M) J' at qpos0")                                     \
  X(HOST, real, tendon_rgba, ntendon, 4, "", "colour")                                                            \
  X(DEV, int, wrap_type, nwrap, 1, "", "mm_wrap_type")                                                            \
  X(DEV, int, wrap_objid, nwrap, 1, "", "joint, site or geom; -1: pulley")                                        \
  X(DEV, real, wrap_prm, nwrap, 1, "", "joint coefficient, pulley divisor, or side site (-1: none)")              \
  X(DEV, int, actuator_trntype, nu, 1, "", "mm_trn_type")                                                         \
  X(DEV, int, actuator_dyntype, nu, 1, "", "mm_dyn_type")                                                         \
  X(DEV, int, actuator_gaintype, nu, 1, "", "mm_gain_type")                                                       \
  X(DEV, int, actuator_biastype, nu, 1, "", "mm_bias_type")                                                       \
  X(DEV, int, actuator_trnid, nu, 2, "", "joint, tendon, site or body")                                           \
  X(DEV, int, actuator_actadr, nu, 1, "", "first activation, -1: none")                                           \
  X(DEV, int, actuator_actnum, nu, 1, "", "activations")                                                          \
  X(HOST, int, actuator_group, nu, 1, "", "group")                                                                \
  X(DEV, int, actuator_ctrllimited, nu, 1, "", "1: control is clamped")                                           \
  X(DEV, int, actuator_forcelimited, nu, 1, "", "1: force is clamped")                                            \
  X(DEV, int, actuator_actlimited, nu, 1, "", "1: activation is clamped")                                         \
  X(DEV, int, actuator_actearly, nu, 1, "", "1: force from the next activation")                                  \
  X(DEV, real, actuator_dynprm, nu, 10, "", "activation dynamics; muscle: tau_act tau_deact tausmooth, s")        \
  X(DEV, real, actuator_gainprm, nu, 10, "", "gain; muscle: range0 range1 force scale lmin lmax vmax fpmax fvmax") \
  X(DEV, real, actuator_biasprm, nu, 10, "", "bias; as gain")                                                     \
  X(DEV, real, actuator_ctrlrange, nu, 2, "", "range of control")                                                 \
  X(DEV, real, actuator_forcerange, nu, 2, "N, N m", "range of force")                                            \
  X(DEV, real, actuator_actrange, nu, 2, "", "range of activation")                                               \
  X(DEV, real, actuator_gear, nu, 6, "", "scale of length and transmission axis")                                 \
  X(DEV, real, actuator_acc0, nu, 1, "", "norm of inv(M) moment at qpos0")                                        \
  X(DEV, real, actuator_length0, nu, 1, "m, rad", "length at qpos0")                                              \
  X(DEV, real, actuator_lengthrange, nu, 2, "m, rad", "shortest and longest length")                              \
  X(DEV, int, sensor_type, nsensor, 1, "", "mm_sensor_type")                                  \
  X(DEV, int, sensor_datatype, nsensor, 1, "", "0 real, 1 positive, 2 axis, 3 quaternion")                       \
  X(HOST, int, sensor_needstage, nsensor, 1, "", "1 position, 2 velocity, 3 acceleration")                        \
  X(HOST, int, sensor_objtype, nsensor, 1, "", "mm_object")                                                        \
  X(DEV, int, sensor_objid, nsensor, 1, "", "object")                                                             \
  X(HOST, int, sensor_reftype, nsensor, 1, "", "mm_object of the reference frame, 0: world")                       \
  X(HOST, int, sensor_refid, nsensor, 1, "", "reference frame, -1: world")                                         \
  X(DEV, int, sensor_intprm, nsensor, 3, "", "contacts: mm_condata bits, mm_conreduce, how many")           \
  X(DEV, int, sensor_dim, nsensor, 1, "", "numbers")                                                              \
  X(DEV, int, sensor_adr, nsensor, 1, "", "first number in sensordata")                                           \
  X(DEV, real, sensor_cutoff, nsensor, 1, "", "clamp, 0: none")                                                   \
  X(HOST, real, sensor_noise, nsensor, 1, "", "standard deviation of the noise a user may add")                   \
  X(DEV, real, key_time, nkey, 1, "s", "keyframe time")                                                          \
  X(DEV, real, key_qpos, nkey, nq, "m, rad", "keyframe coordinates")                                             \
  X(DEV, real, key_qvel, nkey, nv, "m/s, rad/s", "keyframe velocities")                                          \
  X(DEV, real, key_act, nkey, na, "", "keyframe activations")                                                    \
  X(DEV, real, key_ctrl, nkey, nu, "", "keyframe controls")                                                      \
  X(HOST, real, key_mpos, nkeymocap, 3, "m", "keyframe mocap positions")                                          \
  X(HOST, real, key_mquat, nkeymocap, 4, "", "keyframe mocap orientations")                                       \
  X(HOST, int, numeric_adr, nnumeric, 1, "", "first number of a custom field")                                    \
  X(HOST, int, numeric_size, nnumeric, 1, "", "numbers of a custom field")                                        \
  X(HOST, real, numeric_data, nnumericdata, 1, "", "custom numbers")                                              \
  X(HOST, int, name_bodyadr, nbody, 1, "", "name in names, likewise below")                                       \
  X(HOST, int, name_jntadr, njnt, 1, "", "")                                                                      \
  X(HOST, int, name_geomadr, ngeom, 1, "", "")                                                                    \
  X(HOST, int, name_siteadr, nsite, 1, "", "")                                                                    \
  X(HOST, int, name_camadr, ncam, 1, "", "")                                                                      \
  X(HOST, int, name_lightadr, nlight, 1, "", "")                                                                  \
  X(HOST, int, name_meshadr, nmesh, 1, "", "")                                                                    \
  X(HOST, int, name_matadr, nmat, 1, "", "")                                                                      \
  X(HOST, int, name_texadr, ntex, 1, "", "")                                                                      \
  X(HOST, int, name_pairadr, npair, 1, "", "")                                                                    \
  X(HOST, int, name_excludeadr, nexclude, 1, "", "")                                                              \
  X(HOST, int, name_eqadr, neq, 1, "", "")                                                                        \
  X(HOST, int, name_tendonadr, ntendon, 1, "", "")                                                                \
  X(HOST, int, name_actuatoradr, nu, 1, "", "")                                                                   \
  X(HOST, int, name_sensoradr, nsensor, 1, "", "")                                                                \
  X(HOST, int, name_numericadr, nnumeric, 1, "", "")                                                              \
  X(HOST, int, name_keyadr, nkey, 1, "", "")
