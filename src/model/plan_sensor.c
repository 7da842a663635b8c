/* >>plan-sensor-make: which sensors there are of each family, where their frames are, which contacts and geoms they see */

enum {
  MM_SENSE_PLAIN, MM_SENSE_LIMIT, MM_SENSE_FRAME, MM_SENSE_RAY, MM_SENSE_SUBTREE, MM_SENSE_ENERGY, MM_SENSE_TOUCH,
  MM_SENSE_CONTACT, MM_SENSE_ACC, MM_SENSE_FORCE, MM_SENSE_FAMILIES
};

static int mm__sense_family(int type) {
  switch (type) {
    case MM_SENS_JOINTLIMITPOS: case MM_SENS_JOINTLIMITVEL: case MM_SENS_JOINTLIMITFRC:
    case MM_SENS_TENDONLIMITPOS: case MM_SENS_TENDONLIMITVEL: case MM_SENS_TENDONLIMITFRC: return MM_SENSE_LIMIT;
    case MM_SENS_VELOCIMETER: case MM_SENS_GYRO: case MM_SENS_MAGNETOMETER: case MM_SENS_CAMPROJECTION:
    case MM_SENS_FRAMEPOS: case MM_SENS_FRAMEQUAT: case MM_SENS_FRAMEXAXIS: case MM_SENS_FRAMEYAXIS:
    case MM_SENS_FRAMEZAXIS: case MM_SENS_FRAMELINVEL: case MM_SENS_FRAMEANGVEL: case MM_SENS_INSIDESITE:
      return MM_SENSE_FRAME;
    case MM_SENS_RANGEFINDER: return MM_SENSE_RAY;
    case MM_SENS_SUBTREELINVEL: case MM_SENS_SUBTREEANGMOM: return MM_SENSE_SUBTREE;
    case MM_SENS_E_POTENTIAL: case MM_SENS_E_KINETIC: return MM_SENSE_ENERGY;
    case MM_SENS_TOUCH: return MM_SENSE_TOUCH;
    case MM_SENS_CONTACT: return MM_SENSE_CONTACT;
    case MM_SENS_ACCELEROMETER: case MM_SENS_FRAMELINACC: case MM_SENS_FRAMEANGACC: return MM_SENSE_ACC;
    case MM_SENS_FORCE: case MM_SENS_TORQUE: return MM_SENSE_FORCE;
    default: return MM_SENSE_PLAIN;
  }
}

/* ---- what sensors see ---- */

/* does a ray from a body see a geom? Not its own geoms, and not what is wholly transparent, as in MuJoCo */
static int mm__ray_sees(const mm_model *m, int body, int geom) {
  const int material = m->geom_matid[geom];
  if (m->geom_bodyid[geom] == body) return 0;
  return material >= 0 ? m->mat_rgba[4 * material + 3] != 0 : m->geom_rgba[4 * geom + 3] != 0;
}

/* is a geom, on its body, what an object of a contact sensor stands for? A site and nothing stand for all */
static int mm__contact_matches(const mm_model *m, int kind, int id, int geom) {
  int body = m->geom_bodyid[geom];
  if (kind == MM_OBJ_GEOM) return geom == id;
  if (kind == MM_OBJ_BODY) return body == id;
  if (kind != MM_OBJ_XBODY) return 1;
  while (body > id) body = m->body_parentid[body];
  return body == id;
}

/* 1: a contact sensor takes contacts of a pair as they are, -1: turned round, 0: not at all */
static int mm__contact_direction(const mm_model *m, int sensor, int pair) {
  const int kind1 = m->sensor_objtype[sensor], id1 = m->sensor_objid[sensor];
  const int kind2 = m->sensor_reftype[sensor], id2 = m->sensor_refid[sensor];
  const int *geom = m->collide_geom + 2 * pair;
  const int first = mm__contact_matches(m, kind1, id1, geom[0]), first_turned = mm__contact_matches(m, kind1, id1, geom[1]);
  const int second = mm__contact_matches(m, kind2, id2, geom[1]), second_turned = mm__contact_matches(m, kind2, id2, geom[0]);
  if ((!first && !first_turned) || (!second && !second_turned)) return 0;
  if (kind1 && kind2) return first && second ? 1 : first_turned && second_turned ? -1 : 0;
  return (kind1 ? first : second) ? 1 : -1;
}

/* what of index k a sensor reads: an entry for its list, or -1 */
static int mm__sense_entry(const mm_model *m, int sensor, int family, int k) {
  const int site = m->sensor_objid[sensor];
  if (family == MM_SENSE_RAY) return mm__ray_sees(m, m->site_bodyid[site], k) ? k : -1;
  if (family == MM_SENSE_CONTACT) {
    const int direction = mm__contact_direction(m, sensor, m->contact_collide[k]);
    return direction == 0 ? -1 : 2 * k + (direction < 0);
  } else {
    const int *geom = m->collide_geom + 2 * m->contact_collide[k], body = m->site_bodyid[site];
    if (m->geom_bodyid[geom[1]] == body) return 2 * k + 1;
    return m->geom_bodyid[geom[0]] == body ? 2 * k : -1;
  }
}

/* the lists of sensors that see contacts or geoms; without fill they are counted */
static void mm__sense_lists(mm_model *m, int fill) {
  int at = 0;
  for (int i = 0; i < m->nsensor; i++) {
    const int family = mm__sense_family(m->sensor_type[i]), first = at;
    const int count = family == MM_SENSE_RAY ? m->ngeom : family == MM_SENSE_TOUCH || family == MM_SENSE_CONTACT ? m->nconmax : 0;
    for (int k = 0; k < count; k++) {
      const int entry = mm__sense_entry(m, i, family, k);
      if (entry >= 0 && fill) m->sense_item[at] = entry;
      at += entry >= 0;
    }
    if (fill) {
      m->sense_adr[i] = first;
      m->sense_num[i] = at - first;
    }
  }
  m->nsenseitem = at;
}

/* the constraint rows of a limit: none if it can move nothing, two if both ends can be active at once */
static void mm__sense_limit(mm_model *m, int sensor) {
  const int tendon = m->sensor_objtype[sensor] == MM_OBJ_TENDON;
  m->sense_adr[sensor] = m->sense_num[sensor] = 0;
  for (int r = m->nefceq + m->nefcfriction; r < m->nefc; r++) {
    if (m->efc_id[r] != m->sensor_objid[sensor] || (m->efc_kind[r] >= MM_EFC_TENDON_LIMIT) != tendon) continue;
    if (!m->sense_num[sensor]++) m->sense_adr[sensor] = r;
  }
}

/* ---- frames ---- */

/* a frame of an object: the body that carries it, its place there */
static void mm__sense_frame(mm_model *m, int sensor, int side, int kind, int id) {
  static const double zero[3] = {0, 0, 0}, one[4] = {1, 0, 0, 0};
  const double *pos = zero, *quat = one;
  int body = id;
  switch (kind) {
    case MM_OBJ_BODY: pos = m->body_ipos + 3 * id, quat = m->body_iquat + 4 * id; break;
    case MM_OBJ_XBODY: break;
    case MM_OBJ_GEOM: pos = m->geom_pos + 3 * id, quat = m->geom_quat + 4 * id, body = m->geom_bodyid[id]; break;
    case MM_OBJ_SITE: pos = m->site_pos + 3 * id, quat = m->site_quat + 4 * id, body = m->site_bodyid[id]; break;
    case MM_OBJ_CAMERA: pos = m->cam_pos + 3 * id, quat = m->cam_quat + 4 * id, body = m->cam_bodyid[id]; break;
    default: body = -1;
  }
  m->sense_body[2 * sensor + side] = body;
  memcpy(m->sense_pos + 3 * (2 * sensor + side), pos, 3 * sizeof *pos);
  memcpy(m->sense_quat + 4 * (2 * sensor + side), quat, 4 * sizeof *quat);
}

/* the site whose volume counts: touch and contact: the object, insidesite: the reference */
static void mm__sense_volume(mm_model *m, int sensor) {
  const int type = m->sensor_type[sensor];
  int site = -1;
  if ((type == MM_SENS_TOUCH || type == MM_SENS_CONTACT) && m->sensor_objtype[sensor] == MM_OBJ_SITE) site = m->sensor_objid[sensor];
  if (type == MM_SENS_INSIDESITE) site = m->sensor_refid[sensor];
  m->sense_shape[sensor] = site < 0 ? -1 : m->site_type[site];
  for (int k = 0; k < 3; k++) m->sense_size[3 * sensor + k] = site < 0 ? 0 : m->site_size[3 * site + k];
}

/* a body without mass is where the centre of mass of its subtree is */
static void mm__sense_inside(mm_model *m, int sensor) {
  const int body = m->sensor_objid[sensor];
  if (m->sensor_type[sensor] != MM_SENS_INSIDESITE || m->sensor_objtype[sensor] != MM_OBJ_BODY || body <= 0) return;
  m->sense_num[sensor] = m->body_mass[body] < MM_EFC_MIN && m->body_subtreemass[body] >= MM_EFC_MIN;
}

/* focal lengths in pixels, in float as MuJoCo computes them, and the middle of the image of the camera on which a sensor projects */
static void mm__sense_lens(mm_model *m, int sensor) {
  const int camera = m->sensor_refid[sensor];
  double *lens = m->sense_lens + 4 * sensor;
  memset(lens, 0, 4 * sizeof *lens);
  if (m->sensor_type[sensor] != MM_SENS_CAMPROJECTION) return;
  for (int k = 0; k < 2; k++) {
    const double *size = m->cam_sensorsize + 2 * camera, pixels = m->cam_resolution[2 * camera + k];
    lens[k] = 0.5 / tan(m->cam_fovy[camera] * MM_PI / 360) * m->cam_resolution[2 * camera + 1];
    if (size[0] != 0 && size[1] != 0) lens[k] = (double)((float)m->cam_intrinsic[4 * camera + k] / (float)size[k] * (float)pixels);
    lens[2 + k] = 0.5 * pixels;
  }
}

/* ---- loads on bodies ---- */

static void mm__sense_load(mm_model *m, int body, int wanted, int entry, int *at) {
  if (body == wanted && body > 0) m->load_item[(*at)++] = entry;
}

/* contacts of each body's own geoms, and equalities that hold it at a point */
static void mm__sense_loads(mm_model *m) {
  int at = 0;
  for (int body = 0; body < m->nloadbody; body++) {
    m->load_adr[body] = at;
    for (int k = 0; k < 2 * m->nconmax; k++)
      mm__sense_load(m, m->geom_bodyid[m->collide_geom[2 * m->contact_collide[k / 2] + k % 2]], body, 4 * (k / 2) + k % 2, &at);
    for (int r = 0; r < m->nefceq; r++) {
      const int eq = m->efc_id[r], sites = m->eq_objtype[eq] == MM_OBJ_SITE;
      if (m->efc_kind[r] != MM_EFC_CONNECT && m->efc_kind[r] != MM_EFC_WELD) continue;
      mm__sense_load(m, sites ? m->site_bodyid[m->eq_obj1id[eq]] : m->eq_obj1id[eq], body, 4 * r + 2, &at);
      mm__sense_load(m, sites ? m->site_bodyid[m->eq_obj2id[eq]] : m->eq_obj2id[eq], body, 4 * r + 3, &at);
    }
    m->load_num[body] = at - m->load_adr[body];
  }
}

/* ---- all of it ---- */

/* needs the plan of contacts */
static mm_status mm__plan_sensor_sizes(mm_model *m) {
  int count[MM_SENSE_FAMILIES] = {0};
  for (int i = 0; i < m->nsensor; i++) count[mm__sense_family(m->sensor_type[i])]++;
  m->nsenseplain = count[MM_SENSE_PLAIN];
  m->nsenselimit = count[MM_SENSE_LIMIT];
  m->nsenseframe = count[MM_SENSE_FRAME];
  m->nsenseray = count[MM_SENSE_RAY];
  m->nsensesubtree = count[MM_SENSE_SUBTREE];
  m->nsenseenergy = count[MM_SENSE_ENERGY];
  m->nsensetouch = count[MM_SENSE_TOUCH];
  m->nsensecontact = count[MM_SENSE_CONTACT];
  m->nsenseacc = count[MM_SENSE_ACC];
  m->nsenseforce = count[MM_SENSE_FORCE];
  m->nloadbody = m->nsenseforce > 0 ? m->nbody : 0;
  m->nload = m->nsenseforce > 0 ? 2 * (m->nconmax + m->neq) : 0;
  mm__sense_lists(m, 0);
  return MM_OK;
}

/* needs the plans of contacts and constraint rows */
static mm_status mm__plan_sensor_fill(mm_model *m) {
  int at = 0;
  for (int family = 0; family < MM_SENSE_FAMILIES; family++)
    for (int i = 0; i < m->nsensor; i++)
      if (mm__sense_family(m->sensor_type[i]) == family) m->sense_id[at++] = i;
  mm__sense_lists(m, 1);
  for (int i = 0; i < m->nsensor; i++) {
    if (mm__sense_family(m->sensor_type[i]) == MM_SENSE_LIMIT) mm__sense_limit(m, i);
    mm__sense_frame(m, i, 0, m->sensor_objtype[i], m->sensor_objid[i]);
    mm__sense_frame(m, i, 1, m->sensor_reftype[i], m->sensor_refid[i]);
    mm__sense_volume(m, i);
    mm__sense_inside(m, i);
    mm__sense_lens(m, i);
  }
  mm__sense_loads(m);
  return MM_OK;
}
