//! Every differentiable operation is in the table, and every row of the table has its tests.

use std::collections::BTreeSet;
use std::fs;

use gradus_tests::operations::{KINDS, NOT_OPERATIONS, OPERATIONS, Operation};
use gradus_tests::sources;

/// What is wrong with a table, given what the sources export and which tests there are, per chapter.
fn problems(
    table: &[Operation],
    exported: &BTreeSet<(String, String)>,
    tests: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let listed: BTreeSet<(String, String)> =
        table.iter().map(|op| (op.chapter.into(), op.name.into())).collect();
    for (chapter, name) in exported.difference(&listed) {
        problems.push(format!("{chapter}: {name} is differentiable but not in the table"));
    }
    for (chapter, name) in listed.difference(exported) {
        problems.push(format!("{chapter}: {name} is in the table but not in the sources"));
    }
    // `property_gelu_tanh_is_odd` belongs to `gelu_tanh`, not to `gelu`: the longest name that fits owns a test.
    let owner = |chapter: &str, rest: &str| {
        let fits = |op: &&Operation| {
            let behind = rest.strip_prefix(op.name);
            op.chapter == chapter && behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('_'))
        };
        table.iter().filter(fits).map(|op| op.name).max_by_key(|name| name.len())
    };
    let mut proved = BTreeSet::new();
    for (chapter, test) in tests {
        let Some((kind, rest)) = test.split_once('_') else { continue };
        proved.extend(owner(chapter, rest).map(|name| (chapter.as_str(), name, kind)));
    }
    for op in table {
        for kind in KINDS {
            let shared = op.shared.iter().any(|(of, test)| {
                *of == kind && test.starts_with(kind) && tests.contains(&(op.chapter.into(), (*test).into()))
            });
            if !shared && !proved.contains(&(op.chapter, op.name, kind)) {
                problems.push(format!("{}: no test {kind}_{}", op.chapter, op.name));
            }
        }
    }
    problems
}

#[test]
fn every_operation_is_proved() {
    let (mut exported, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for chapter in sources::chapters() {
        let name = chapter.file_name().unwrap().to_str().unwrap().to_owned();
        for file in sources::rust_files(&chapter.join("src")) {
            let found = sources::operations(&fs::read_to_string(&file).unwrap());
            let real =
                found.into_iter().filter(|found| NOT_OPERATIONS.iter().all(|(other, _)| other != found));
            exported.extend(real.map(|found| (name.clone(), found)));
        }
        for file in sources::rust_files(&chapter.join("tests")) {
            let found = sources::tests(&fs::read_to_string(&file).unwrap());
            tests.extend(found.into_iter().map(|found| (name.clone(), found)));
        }
    }
    let problems = problems(OPERATIONS, &exported, &tests);
    assert!(problems.is_empty(), "the operation table has gaps:\n{}", problems.join("\n"));
}

#[test]
fn the_check_can_fail() {
    let op = |name| Operation { chapter: "ch03_neurons", name, shared: &[] };
    let pairs = |names: &[&str]| names.iter().map(|&name| ("ch03_neurons".into(), name.into())).collect();
    let all = ["gradcheck_gelu", "golden_gelu", "property_gelu_is_bounded", "fast_gelu"];
    assert!(problems(&[op("gelu")], &pairs(&["gelu"]), &pairs(&all)).is_empty());

    let unlisted = problems(&[op("gelu")], &pairs(&["gelu", "relu"]), &pairs(&all));
    assert_eq!(unlisted, ["ch03_neurons: relu is differentiable but not in the table"]);

    let gone = problems(&[op("gelu")], &pairs(&[]), &pairs(&all));
    assert_eq!(gone, ["ch03_neurons: gelu is in the table but not in the sources"]);

    let untested = problems(&[op("gelu")], &pairs(&["gelu"]), &pairs(&all[..3]));
    assert_eq!(untested, ["ch03_neurons: no test fast_gelu"]);

    // A shared test counts if it is there.
    let sharing = |test| [Operation { shared: test, ..op("gelu") }];
    let found = problems(&sharing(&[("fast", "fast_all")]), &pairs(&["gelu"]), &pairs(&all[..3]));
    assert_eq!(found, ["ch03_neurons: no test fast_gelu"]);
    let with_shared = [&all[..3], &["fast_all"]].concat();
    assert!(problems(&sharing(&[("fast", "fast_all")]), &pairs(&["gelu"]), &pairs(&with_shared)).is_empty());

    // A longer name's tests do not prove a shorter one.
    let mut longer = all.to_vec();
    longer[0] = "gradcheck_gelu_tanh";
    let found = problems(&[op("gelu"), op("gelu_tanh")], &pairs(&["gelu", "gelu_tanh"]), &pairs(&longer));
    assert!(found.contains(&"ch03_neurons: no test gradcheck_gelu".to_owned()));
}

#[test]
fn operations_and_tests_are_found_in_sources() {
    let source = "
        pub fn relu_backward() {}
        fn private_backward() {}
        impl<T: Float> CrossEntropy<T> { pub fn backward(&self) {} }
        impl<T> Layer<T> for PRelu<T> { fn backward(&mut self) {} }
        impl<L: Layer> Classifier for L { fn backward(&mut self) {} }
        impl Rotary { pub fn apply_backward(&self) {} }
        impl Other { fn forward(&self) {} fn part_backward(&self) {} }
        mod inner { pub fn silu_backward() {} }
    ";
    let found: Vec<String> = sources::operations(source).into_iter().collect();
    assert_eq!(found, ["cross_entropy", "p_relu", "relu", "rotary", "silu"]);

    let source = "
        #[test]
        fn golden_relu() {}
        proptest! { #[test] fn property_relu(x in 0..3) {} }
        // #[test] fn commented() {}
        #[test]
        #[ignore]
        fn skipped() {}
        fn helper() {}
    ";
    let found: Vec<String> = sources::tests(source).into_iter().collect();
    assert_eq!(found, ["golden_relu", "property_relu"]);
}
