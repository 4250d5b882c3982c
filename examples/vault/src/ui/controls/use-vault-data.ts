import { useEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import type { VaultSession } from '../../model/session.js'

/** What was read; what came of it before stays until the new is there. */
export interface VaultData<T> {
  readonly data: T | undefined
  readonly problem: Explanation | undefined
  readonly readAgain: () => void
}

/**
 * Reads something of the vault, and again whenever the vault has changed.
 * @param about What is read, where that changes: another one is read then.
 */
export function useVaultData<T>(session: VaultSession, read: () => Promise<T>, about = ''): VaultData<T> {
  const [result, setResult] = useState<{ about: string; data?: T; problem?: Explanation }>({ about })
  const [attempt, setAttempt] = useState(0)
  const revision = session.revision.value
  useEffect(() => {
    let isCurrent = true
    read().then(
      (data) => isCurrent && setResult({ about, data }),
      (error: unknown) => isCurrent && setResult({ about, problem: explainError(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [session, revision, about, attempt])
  const { data, problem } = result.about === about ? result : {}
  return { data, problem, readAgain: () => setAttempt(attempt + 1) }
}
