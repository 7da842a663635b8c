/* >>plan: what the kernels want to know beforehand, part by part */

/* Fills the plan's arrays again: some follow from constants that the plan itself was needed for. */
MM_PRIVATE mm_status mm__model_replan(mm_model *model) {
  MM_TRY(mm__plan_tree_fill(model));
  MM_TRY(mm__plan_tendon_fill(model));
  MM_TRY(mm__plan_contact_fill(model));
  MM_TRY(mm__plan_constraint_fill(model));
  return mm__plan_sensor_fill(model);
}

/* the constraint rows are counted on the other parts, and what sensors read on those of contacts */
MM_PRIVATE mm_status mm__model_plan(mm_model *model) {
  MM_TRY(mm__plan_tree_sizes(model));
  MM_TRY(mm__plan_tendon_sizes(model));
  MM_TRY(mm__plan_contact_sizes(model));
  MM_TRY(mm__model_allocate_plan(model));
  MM_TRY(mm__plan_tree_fill(model));
  MM_TRY(mm__plan_tendon_fill(model));
  MM_TRY(mm__plan_contact_fill(model));
  MM_TRY(mm__plan_constraint_sizes(model));
  MM_TRY(mm__plan_sensor_sizes(model));
  MM_TRY(mm__model_allocate_constraint(model));
  MM_TRY(mm__plan_constraint_fill(model));
  return mm__plan_sensor_fill(model);
}
