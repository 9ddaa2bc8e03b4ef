//! What the simulator counts: sectors of global memory, passes of shared memory.

use kernels::{Counts, Device};

const ACCESSES: &str = r#"
extern "C" __global__ void strided(const float* x, float* y, int stride) {
    y[threadIdx.x] = x[threadIdx.x * stride];
}
extern "C" __global__ void vectors(const float* x, float* y) {
    float4 v = reinterpret_cast<const float4*>(x)[threadIdx.x];
    reinterpret_cast<float4*>(y)[threadIdx.x] = v;
}
extern "C" __global__ void columns(float* y, int width) {
    extern __shared__ float tile[];
    tile[threadIdx.x * width] = 1.0f;
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x * width];
}
extern "C" __global__ void same(float* y) {
    __shared__ float one[32];
    one[threadIdx.x] = 2.0f;
    __syncthreads();
    y[threadIdx.x] = one[7];
}
extern "C" __global__ void count(int* y) { atomicAdd(&y[0], 1); }
"#;

/// The counts of one launch on every way to run the simulator, which must agree.
fn counted(run: impl Fn(&Device)) -> Option<Counts> {
    let counts: Vec<Counts> = crate::devices()
        .iter()
        .map(|device| {
            device.load("accesses.cu", ACCESSES).unwrap();
            assert_eq!(device.counts(), None);
            device.start_counting();
            run(device);
            device.counts().unwrap()
        })
        .collect();
    counts.iter().for_each(|other| assert_eq!(*other, counts[0]));
    counts.first().copied()
}

fn strided(stride: usize) -> Option<Counts> {
    counted(|device| {
        let x = device.zeros::<f32>(32 * stride).unwrap();
        let mut y = device.uninit::<f32>(32).unwrap();
        device.kernel("strided").block(32).arg(&x).arg(&mut y).arg(stride).launch().unwrap();
    })
}

#[test]
fn a_warp_moves_whole_sectors() {
    let Some(one) = strided(1) else { return };
    // 32 floats side by side are 4 sectors of 32 bytes, and what was asked for is what is moved.
    assert_eq!((one.loads, one.load_sectors, one.load_bytes), (1, 4, 128));
    assert_eq!((one.stores, one.store_sectors, one.store_bytes), (1, 4, 128));
    assert_eq!((one.bytes_asked(), one.bytes_moved()), (256, 256));
    assert_eq!((one.launches, one.blocks, one.threads, one.barriers), (1, 1, 32, 0));
    // Every second float: half of what is moved is not used. From a stride of 8 on, each lane has a sector of its own.
    assert_eq!(strided(2).unwrap().load_sectors, 8);
    assert_eq!(strided(8).unwrap().load_sectors, 32);
    assert_eq!(strided(33).unwrap().load_sectors, 32);
}

#[test]
fn vectors_are_one_request() {
    let counts = counted(|device| {
        let x = device.zeros::<f32>(128).unwrap();
        let mut y = device.uninit::<f32>(128).unwrap();
        device.kernel("vectors").block(32).arg(&x).arg(&mut y).launch().unwrap();
    });
    let Some(counts) = counts else { return };
    assert_eq!((counts.loads, counts.load_sectors, counts.stores), (1, 16, 1));
}

fn column(width: usize) -> Option<Counts> {
    counted(|device| {
        let mut y = device.uninit::<f32>(32).unwrap();
        let launch = device.kernel("columns").block(32).shared_bytes(32 * width * 4);
        launch.arg(&mut y).arg(width).launch().unwrap();
    })
}

#[test]
fn lanes_that_want_different_words_of_a_bank_wait_for_each_other() {
    let Some(row) = column(1) else { return };
    assert_eq!((row.shared_requests, row.shared_passes, row.bank_conflicts()), (2, 2, 0));
    assert_eq!(row.barriers, 1);
    assert_eq!(column(2).unwrap().shared_passes, 2 * 2);
    assert_eq!(column(32).unwrap().shared_passes, 2 * 32);
    assert_eq!(column(33).unwrap().shared_passes, 2, "one column more, and every lane has a bank of its own");
    // The same word for all is one pass: it is handed to everybody.
    let same = counted(|device| {
        let mut y = device.uninit::<f32>(32).unwrap();
        device.kernel("same").block(32).arg(&mut y).launch().unwrap();
    });
    assert_eq!(same.unwrap().bank_conflicts(), 0);
}

#[test]
fn launches_add_up() {
    let counts = counted(|device| {
        let mut y = device.zeros::<i32>(1).unwrap();
        for _ in 0..3 {
            device.kernel("count").grid(2).block(64).arg(&mut y).launch().unwrap();
        }
        assert_eq!(y.to_vec().unwrap(), [3 * 128]);
    });
    let Some(counts) = counts else { return };
    assert_eq!((counts.launches, counts.blocks, counts.atomics, counts.loads), (3, 6, 12, 0));
}
