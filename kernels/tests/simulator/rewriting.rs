use kernels::rewrite::{kernels, rewrite};

#[test]
fn pointers_shared_arrays_and_casts() {
    let rewritten = |text: &str| rewrite(text);
    assert_eq!(rewritten("const float* __restrict__ x"), "sim::Ptr<const float> x");
    assert_eq!(rewritten("unsigned int *p"), "sim::Ptr<unsigned int>p");
    assert_eq!(
        rewritten("reinterpret_cast<const float4*>(x)"),
        "sim::pointer_cast<sim::Ptr<const float4>>(x)"
    );
    assert_eq!(
        rewritten("__shared__ __align__(16) float tile[TILE][TILE + 1];"),
        "static const sim::Site tile_site = {\"tile\", __LINE__}; sim::Shared<float, (TILE), (TILE + 1)> \
         tile(tile_site);"
    );
    assert_eq!(
        rewritten("extern __shared__ float buffer[];"),
        "static const sim::Site buffer_site = {\"buffer\", __LINE__}; auto buffer = \
         sim::dynamic_shared<float>(buffer_site);"
    );
}

#[test]
fn the_rest_stays_and_lines_keep_their_numbers() {
    for text in [
        "int a = b * c; // float* in a comment\n",
        "\"float* in a string\"",
        "/* __shared__ float x[2]; */ float y = sizeof(float) * 2;",
        "extern \"C\" int f(float x);",
    ] {
        assert_eq!(rewrite(text), text);
    }
    let text = "__shared__ float a[2],\n    b[3];\nint x;\nconst\nfloat y;\n";
    assert_eq!(rewrite(text).matches('\n').count(), text.matches('\n').count());
}

#[test]
fn declarations_of_kernels() {
    let source = "// __global__ void none(int x)\nextern \"C\" __global__ void __launch_bounds__(256)\n\
                  f(const float* __restrict__ x, unsigned char* mask, unsigned int seed, float scale) {}\n\
                  __device__ float g(float x);\nextern \"C\" __global__ void h() {}";
    let found = kernels(source);
    assert_eq!(found.iter().map(|kernel| kernel.name.as_str()).collect::<Vec<_>>(), ["f", "h"]);
    let parameters: Vec<(&str, &str, bool, bool)> = found[0]
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), p.element.as_str(), p.pointer, p.read_only))
        .collect();
    assert_eq!(
        parameters,
        [
            ("x", "float", true, true),
            ("mask", "unsigned char", true, false),
            ("seed", "unsigned int", false, false),
            ("scale", "float", false, false)
        ]
    );
    assert!(found[1].parameters.is_empty());
    // A macro that declares a kernel for every width; the first argument of another macro is none of its business.
    let source = "#define TWICE(x) (2 * (x))\n#define BOTH(W) \\\n    extern \"C\" __global__ void a_##W(int n) {} \\\n    \
                  extern \"C\" __global__ void b_##W(const float* x) { f<W>(x); }\nBOTH(16)\nBOTH(32)\n";
    let found = kernels(source);
    let names = found.iter().map(|kernel| kernel.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["a_16", "b_16", "a_32", "b_32"]);
    assert!(found[3].parameters[0].pointer && found[3].parameters[0].name == "x");
}
