#version 460
#extension GL_GOOGLE_include_directive : require
// library.comp: the functions that the SPIR-V emitter splices into its programs, by name.
// variant: library --keep-uncalled -DNM_F64 -DNM_I64
#include "math.glsl"

layout(local_size_x = 1) in;
void main() {}
