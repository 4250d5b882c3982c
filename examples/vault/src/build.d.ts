/** What a new password slot costs; empty, which is what the library thinks is enough, in all builds but the tests'. */
declare const PASSWORD_COST: { readonly memoryBytes?: number; readonly passes?: number }
