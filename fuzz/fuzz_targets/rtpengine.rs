#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lingting::live::rtpengine::fuzz(bytes));
