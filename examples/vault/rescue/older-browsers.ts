// What the program takes for granted and browsers of before 2023 lack. Imported first.

type Patch = Record<PropertyKey, unknown>

function provide(target: object, name: PropertyKey, value: unknown): void {
  if ((target as Patch)[name] === undefined) Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

provide(Symbol, 'asyncDispose', Symbol('asyncDispose'))
provide(Symbol, 'dispose', Symbol('dispose'))
provide(Object, 'hasOwn', (target: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(target, name))
const lists: readonly object[] = [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object]
for (const list of lists) {
  provide(list, 'at', function at(this: ArrayLike<unknown>, index: number): unknown {
    return this[index < 0 ? this.length + index : index]
  })
  provide(list, 'toSorted', function toSorted(this: unknown[], compare?: (a: unknown, b: unknown) => number) {
    return this.slice().sort(compare)
  })
  provide(list, 'toReversed', function toReversed(this: unknown[]) {
    // oxlint-disable-next-line unicorn/no-array-reverse -- it is what is being provided
    return this.slice().reverse()
  })
  provide(list, 'findLast', function findLast(this: unknown[], test: (value: unknown) => boolean) {
    for (let index = this.length - 1; index >= 0; index--) if (test(this[index])) return this[index]
    return undefined
  })
}
provide(String.prototype, 'isWellFormed', function isWellFormed(this: string) {
  // Two halves of a character together are one; one of them alone is none.
  return !/\p{Surrogate}/u.test(this)
})
provide(AbortSignal.prototype, 'throwIfAborted', function throwIfAborted(this: AbortSignal) {
  if (this.aborted) throw this.reason ?? new DOMException('Cancelled', 'AbortError')
})
