import type { Plugin } from 'vite'

/**
 * A Vite plugin for the packages that do not run as they are in a browser or under a policy without `unsafe-eval`. `isForNode`: for Node alone,
 * where nothing is downloaded.
 */
export declare function legacyPackages(options?: { readonly isForNode?: boolean }): Plugin
