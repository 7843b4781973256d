"""The planner: merge, lifecycle, plan and guard. Pure and total."""
