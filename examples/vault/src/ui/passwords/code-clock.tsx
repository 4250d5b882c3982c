import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Explanation } from '../../model/explain-error.js'
import { groupDigits, readCodeWindow, type CodeWindow } from '../../model/one-time-code.js'
import { explainPasswordError } from '../../model/passwords.js'
import type { VaultSession } from '../../model/session.js'
import { CopyButton } from './secret-value.js'

const RADIUS = 10
const ROUND = 2 * Math.PI * RADIUS

/** The one-time code of a login, how long it is valid, and the one after it. */
export function CodeClock({ session, id }: { readonly session: VaultSession; readonly id: string }): ComponentChild {
  const [codes, setCodes] = useState<CodeWindow>()
  const [problem, setProblem] = useState<Explanation>()
  const [now, setNow] = useState(Date.now())
  const revision = session.revision.value
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const follow = async (): Promise<void> => {
      try {
        let read: CodeWindow
        // One that is over by the time it is read is not worth a look.
        do read = await readCodeWindow(session, id, new Date())
        while (!isOver && read.until <= Date.now())
        if (isOver) return
        setCodes(read)
        setNow(Date.now())
        timer = setTimeout(() => void follow(), read.until - Date.now())
      } catch (error) {
        if (!isOver) setProblem(explainPasswordError(error))
      }
    }
    void follow()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [session, id, revision])
  const secondsLeft = codes === undefined ? 0 : Math.max(0, Math.ceil((codes.until - now) / 1000))
  const left = codes === undefined ? 0 : Math.max(0, Math.min(1, (codes.until - now) / codes.periodMs))
  return (
    <div class="login-row">
      <dt>One-time code</dt>
      <dd class="code">
        {problem !== undefined && <span class="problem">{problem.text}</span>}
        {problem === undefined && codes !== undefined && (
          <>
            <span class="code-now">{groupDigits(codes.code)}</span>
            <span class={secondsLeft <= 5 ? 'code-clock code-ending' : 'code-clock'} role="timer" aria-label={`valid for ${secondsLeft} seconds`}>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <circle cx="12" cy="12" r={RADIUS} class="ring-track" />
                <circle cx="12" cy="12" r={RADIUS} class="ring-left" stroke-dasharray={ROUND} stroke-dashoffset={ROUND * (1 - left)} />
              </svg>
              <span aria-hidden="true">{secondsLeft} s</span>
            </span>
            <span class="code-next">
              then <span>{groupDigits(codes.next)}</span>
            </span>
          </>
        )}
        <span class="login-actions">
          <CopyButton label="Code" read={async () => (await readCodeWindow(session, id, new Date())).code} />
        </span>
      </dd>
    </div>
  )
}
