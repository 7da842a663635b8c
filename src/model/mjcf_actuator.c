/* >>mjcf-actuator: actuators; the shortcuts write the parameters of a general actuator

   A default class has one actuator, which every kind of element reads and writes. So a shortcut starts from what is
   there, as the formulas below say where they use old values. */

static int mm__given(double value) { return !isnan(value); }
static double mm__or(double value, double otherwise) { return isnan(value) ? otherwise : value; }

static mm_status mm__actuator_types(mm_spec_actuator *a, int dyn, int gain, int bias) {
  a->dyntype = dyn;
  a->gaintype = gain;
  a->biastype = bias;
  return MM_OK;
}

/* force = kp (ctrl - length) - kv velocity; a positive biasprm[2] is a damping ratio until the mass is known */
static mm_status mm__to_position(mm_context *ctx, const mm_xml *x, mm_actuator_reading *r, int integrated) {
  mm_spec_actuator *a = &r->a;
  const double *range = integrated ? a->actrange : a->ctrlrange;
  a->gainprm[0] = mm__or(r->kp, a->gainprm[0]);
  a->biasprm[1] = -a->gainprm[0];
  if (mm__given(r->kv) && mm__given(r->dampratio))
    return mm__xml_fail(ctx, MM_E_PARSE, x, "dampratio: kv is given too");
  if (r->kv < 0) return mm__xml_fail(ctx, MM_E_PARSE, x, "kv: must not be negative");
  if (r->dampratio < 0) return mm__xml_fail(ctx, MM_E_PARSE, x, "dampratio: must not be negative");
  if (r->timeconst < 0) return mm__xml_fail(ctx, MM_E_PARSE, x, "timeconst: must not be negative");
  if (mm__given(r->kv)) a->biasprm[2] = -r->kv;
  if (mm__given(r->dampratio)) a->biasprm[2] = r->dampratio;
  if (mm__given(r->timeconst)) {
    a->dynprm[0] = r->timeconst;
    a->dyntype = r->timeconst == 0 ? MM_DYN_NONE : MM_DYN_FILTEREXACT;
  }
  if (a->inheritrange > 0 && (range[0] != 0 || range[1] != 0))
    return mm__xml_fail(ctx, MM_E_PARSE, x, "inheritrange: %s is given too",
                        integrated ? "actrange" : "ctrlrange");
  return mm__actuator_types(a, integrated ? MM_DYN_INTEGRATOR : a->dyntype, MM_GAIN_FIXED, MM_BIAS_AFFINE);
}

static mm_status mm__to_velocity(mm_actuator_reading *r) {
  mm_spec_actuator *a = &r->a;
  double kv = mm__or(r->kv, a->gainprm[0]);
  memset(a->biasprm, 0, sizeof a->biasprm);
  a->gainprm[0] = kv;
  a->biasprm[2] = -kv;
  return mm__actuator_types(a, MM_DYN_NONE, MM_GAIN_FIXED, MM_BIAS_AFFINE);
}

/* force = -kv ctrl velocity */
static mm_status mm__to_damper(mm_context *ctx, const mm_xml *x, mm_actuator_reading *r) {
  mm_spec_actuator *a = &r->a;
  double kv = mm__or(r->kv, a->gaintype == MM_GAIN_AFFINE ? -a->gainprm[2] : 0);
  if (kv < 0) return mm__xml_fail(ctx, MM_E_PARSE, x, "kv: must not be negative");
  if (a->ctrlrange[0] < 0 || a->ctrlrange[1] < 0)
    return mm__xml_fail(ctx, MM_E_PARSE, x, "ctrlrange: must not be negative");
  memset(a->gainprm, 0, sizeof a->gainprm);
  a->gainprm[2] = -kv;
  a->ctrllimited = MM_LIMITED_TRUE;
  return mm__actuator_types(a, MM_DYN_NONE, MM_GAIN_AFFINE, MM_BIAS_NONE);
}

static mm_status mm__to_cylinder(mm_actuator_reading *r) {
  mm_spec_actuator *a = &r->a;
  a->dynprm[0] = mm__or(r->timeconst, a->dynprm[0]);
  for (int i = 0; i < 3; i++) a->biasprm[i] = mm__or(r->bias[i], a->biasprm[i]);
  a->gainprm[0] = mm__or(r->area, a->gainprm[0]);
  if (r->diameter >= 0) a->gainprm[0] = MM_PI / 4 * r->diameter * r->diameter;
  return mm__actuator_types(a, MM_DYN_FILTER, MM_GAIN_FIXED, MM_BIAS_AFFINE);
}

/* Numbers that still have the value of a general actuator become those of a muscle. Given numbers win, except
   negative ones, which mean "not given". */
static mm_status mm__to_muscle(mm_context *ctx, const mm_xml *x, mm_actuator_reading *r) {
  static const double gain[9] = {0.75, 1.05, -1, 200, 0.5, 1.6, 1.5, 1.3, 1.2}, tau[2] = {0.01, 0.04};
  mm_spec_actuator *a = &r->a;
  double given[9];
  if (r->tausmooth < 0) return mm__xml_fail(ctx, MM_E_PARSE, x, "tausmooth: must not be negative");
  given[0] = r->range[0];
  given[1] = r->range[1];
  given[2] = r->force;
  given[3] = r->scale;
  given[4] = r->lmin;
  given[5] = r->lmax;
  given[6] = r->vmax;
  given[7] = r->fpmax;
  given[8] = r->fvmax;
  for (int i = 0; i < 2; i++) {
    if (a->dynprm[i] == (i == 0 ? 1 : 0)) a->dynprm[i] = tau[i];
    if (r->muscle_timeconst[i] >= 0) a->dynprm[i] = r->muscle_timeconst[i];
  }
  a->dynprm[2] = mm__or(r->tausmooth, a->dynprm[2]);
  for (int i = 0; i < 9; i++) {
    if (a->gainprm[i] == (i == 0 ? 1 : 0)) a->gainprm[i] = gain[i];
    if (given[i] >= 0) a->gainprm[i] = given[i];
    a->biasprm[i] = a->gainprm[i];
  }
  return mm__actuator_types(a, MM_DYN_MUSCLE, MM_GAIN_MUSCLE, MM_BIAS_MUSCLE);
}

static unsigned mm__actuator_tag(const char *tag) {
  static const char *const tags[] = {"general",     "motor",  "position", "velocity",
                                     "intvelocity", "damper", "cylinder", "muscle"};
  for (int i = 0; i < MM_COUNT(tags); i++)
    if (!strcmp(tags[i], tag)) return 1u << i;
  return 0;
}

static mm_status mm__read_transmission(mm_context *ctx, const mm_xml *x, mm_actuator_reading *r) {
  const char *targets[4];
  static const int types[4] = {MM_TRN_JOINT, MM_TRN_JOINTINPARENT, MM_TRN_TENDON, MM_TRN_SITE};
  int count = 0;
  targets[0] = r->joint;
  targets[1] = r->jointinparent;
  targets[2] = r->tendon;
  targets[3] = r->site;
  for (int i = 0; i < 4; i++) {
    if (!targets[i]) continue;
    r->a.target = targets[i];
    r->a.trntype = types[i];
    count++;
  }
  if (count != 1)
    return mm__xml_fail(ctx, MM_E_PARSE, x, "needs one of joint, jointinparent, tendon and site, not %d",
                        count);
  if (r->a.refsite && r->a.trntype != MM_TRN_SITE)
    return mm__xml_fail(ctx, MM_E_PARSE, x, "refsite: needs site");
  return MM_OK;
}

static mm_status mm__read_actuator(mm_spec *spec, const mm_xml *x, int in_default, mm_spec_actuator *a,
                                   int *known) {
  mm_context *ctx = spec->ctx;
  unsigned tag = mm__actuator_tag(x->tag);
  mm_actuator_reading r;
  *known = tag != 0;
  if (!tag) return MM_OK;
  memset(&r, 0, sizeof r);
  r.kp = r.kv = r.dampratio = r.timeconst = r.area = r.diameter = r.bias[0] = r.bias[1] = r.bias[2] = NAN;
  r.muscle_timeconst[0] = r.muscle_timeconst[1] = r.tausmooth = r.range[0] = r.range[1] = r.force = r.scale =
      NAN;
  r.lmin = r.lmax = r.vmax = r.fpmax = r.fvmax = NAN;
  r.a = *a;
  MM_TRY(MM_READ(spec, x, mm__attrs_actuator, tag, in_default, &r));
  if (!in_default) MM_TRY(mm__read_transmission(ctx, x, &r));
  switch (tag) {
    case MM_TAG_MOTOR:
      r.a.gainprm[0] = 1;
      mm__actuator_types(&r.a, MM_DYN_NONE, MM_GAIN_FIXED, MM_BIAS_NONE);
      break;
    case MM_TAG_POSITION: MM_TRY(mm__to_position(ctx, x, &r, 0)); break;
    case MM_TAG_INTVELOCITY: MM_TRY(mm__to_position(ctx, x, &r, 1)); break;
    case MM_TAG_VELOCITY: MM_TRY(mm__to_velocity(&r)); break;
    case MM_TAG_DAMPER: MM_TRY(mm__to_damper(ctx, x, &r)); break;
    case MM_TAG_CYLINDER: MM_TRY(mm__to_cylinder(&r)); break;
    case MM_TAG_MUSCLE: MM_TRY(mm__to_muscle(ctx, x, &r)); break;
    default: break;
  }
  *a = r.a;
  return MM_OK;
}
