/* derivative.h: the derivative of every elementwise op, see elementwise.def. */
#ifndef NM_DERIVATIVE_H
#define NM_DERIVATIVE_H

#include "autograd/node.h"
#include "ops/args.h"

nm_tensor *nm__elementwise_backward(nm_grad_call *b, int i);

#endif
