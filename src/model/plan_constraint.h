/* >>plan-constraint: every constraint row that can be active, and the sparsity of the Newton Hessian, derived from the model */

#define MM_PLAN_CONSTRAINT_SIZES(X)
#define MM_PLAN_CONSTRAINT_FIELDS(X)
