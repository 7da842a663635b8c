/* >>plan-tendon: tendon paths cut into segments, derived from the model */

#define MM_PLAN_TENDON_SIZES(X)
#define MM_PLAN_TENDON_FIELDS(X)
