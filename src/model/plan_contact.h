/* >>plan-contact: every candidate geom pair and its contact slots, derived from the model */

#define MM_PLAN_CONTACT_SIZES(X)
#define MM_PLAN_CONTACT_FIELDS(X)
