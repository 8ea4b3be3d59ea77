"""Numbers: problems, schedules, solutions, and the solvers that turn one into the other."""

from redoxsim.solve.choose import FEATURES, SOLVERS, Solver, available, choose, get, needs, solve, solve_batch
from redoxsim.solve.diagnose import Report
from redoxsim.solve.problem import Batch, Problem, Reduction, Restart
from redoxsim.solve.reductions import read_reduction
from redoxsim.solve.schedule import Dose, Schedule
from redoxsim.solve.solution import BatchSolution, Solution, Stats, Status
from redoxsim.solve.steady import SteadyState, steady

__all__ = [
    "FEATURES",
    "SOLVERS",
    "Batch",
    "BatchSolution",
    "Dose",
    "Problem",
    "Reduction",
    "Report",
    "Restart",
    "Schedule",
    "Solution",
    "Solver",
    "Stats",
    "Status",
    "SteadyState",
    "available",
    "choose",
    "get",
    "needs",
    "read_reduction",
    "solve",
    "solve_batch",
    "steady",
]
