export {
  andThen,
  collect,
  err,
  mapOk,
  ok,
  UnexpectedFailure,
  unwrap,
  type DomainError,
  type Err,
  type Ok,
  type Result,
} from './result.ts';
