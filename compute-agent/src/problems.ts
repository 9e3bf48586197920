import { ServiceError, withKitProblems, type ServiceErrorDetails } from '@roamgrid/service-kit';

type AgentCode =
  | 'PROGRAM_NOT_ALLOWED'
  | 'JOB_UNKNOWN'
  | 'JOB_DIFFERS'
  | 'CABINET_FULL'
  | 'WRONG_STATE'
  | 'CANNOT_CHECKPOINT'
  | 'CABINET_UNKNOWN'
  | 'TARGET_REFUSED'
  | 'TARGET_AWAY'
  | 'CHECKPOINT_DAMAGED';

export const agentProblems = withKitProblems<AgentCode>({
  PROGRAM_NOT_ALLOWED: { status: 422, title: 'The cabinet does not run this program with these arguments' },
  JOB_UNKNOWN: { status: 404, title: 'There is no such job here' },
  JOB_DIFFERS: {
    status: 409,
    title: 'Another job has this id',
    remedy: 'Give the job an id of its own.',
  },
  CABINET_FULL: { status: 503, title: 'The cabinet has as many jobs as it takes' },
  WRONG_STATE: { status: 409, title: 'The job is not in a state for this' },
  CANNOT_CHECKPOINT: {
    status: 409,
    title: 'The job left no checkpoint',
    remedy: 'Say "mayRestart" to have it begin anew over there, or let it end here.',
  },
  CABINET_UNKNOWN: { status: 404, title: 'The configuration names no such cabinet' },
  TARGET_REFUSED: { status: 409, title: 'The other cabinet does not take the job' },
  TARGET_AWAY: {
    status: 503,
    title: 'The other cabinet did not answer',
    remedy: 'The job stayed here; repeat later.',
  },
  CHECKPOINT_DAMAGED: { status: 422, title: 'The checkpoint is not what its hash says' },
});

/** An expected failure of the agent. */
export const agentError = (
  code: AgentCode,
  detail: string,
  more?: ServiceErrorDetails,
): ServiceError<AgentCode> => new ServiceError(code, detail, more);
