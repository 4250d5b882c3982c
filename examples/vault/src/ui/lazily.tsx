import type { ComponentChild, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from './controls/button.js'
import { EmptyState } from './controls/empty-state.js'

/** A component whose code is fetched when it is first shown. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined
  return function Lazy(props: P): ComponentChild {
    const [state, setState] = useState<'loading' | 'there' | 'failed'>(loaded ? 'there' : 'loading')
    const fetchIt = async (): Promise<void> => {
      try {
        loaded ??= await load()
        setState('there')
      } catch {
        setState('failed')
      }
    }
    useEffect(() => {
      if (!loaded) void fetchIt()
    }, [])
    const Loaded = loaded
    if (Loaded) return <Loaded {...props} />
    if (state === 'loading') return <p class="loading" aria-busy="true" />
    return (
      <EmptyState icon={null} title="This part of the vault could not be loaded.">
        <p>It needs the network once. Nothing is lost.</p>
        <Button onClick={() => void fetchIt()}>Try again</Button>
      </EmptyState>
    )
  }
}
