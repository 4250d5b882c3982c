/** Whether all of the checks hold, which are made at the same time. One that does not hold counts more than one that fails. */
export async function allHold(checks: readonly (boolean | Promise<boolean>)[]): Promise<boolean> {
  const outcomes = await Promise.allSettled(checks.map(async (check) => check))
  if (outcomes.some((outcome) => outcome.status === 'fulfilled' && !outcome.value)) return false
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return true
}
