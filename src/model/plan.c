/* >>plan: what the kernels want to know beforehand, part by part */

MM_PRIVATE mm_status mm__model_plan(mm_model *model) {
  mm__plan_tree_sizes(model);
  MM_TRY(mm__model_allocate_plan(model));
  mm__plan_tree_fill(model);
  return MM_OK;
}
