// The one door of heavy calls: arguments in, a promise out, the work on the pool in between.
#pragma once

#include <napi.h>

#include "addon/registry.h"

namespace isovox::addon {

// Called as fn(args, task): `task` is { threads?, budget?, pool?, cache?, token?, onProgress? } as lib/runtime/task.ts makes it.
// Returns a promise that rejects with {code, context}. Bad arguments reject too; nothing is thrown.
Napi::Value CallHeavy(const Napi::CallbackInfo& info, const Row& row);

// A cancel token for the `token` field, and the call that raises it.
Napi::Value CreateToken(const Napi::CallbackInfo& info);
Napi::Value CancelTokenNow(const Napi::CallbackInfo& info);

// A memory budget shared by the tasks that name it, and what it holds now.
Napi::Value CreateBudget(const Napi::CallbackInfo& info);
// Threads that only the tasks run on that name them.
Napi::Value CreatePool(const Napi::CallbackInfo& info);
Napi::Value BudgetState(const Napi::CallbackInfo& info);

}  // namespace isovox::addon
