// The pointers and shared arrays of a kernel, as the simulator sees them. Kernels are written with plain CUDA pointers;
// src/rewrite.rs turns `const float*` into `sim::Ptr<const float>` and `__shared__ float tile[16][17]` into
// `sim::Shared<float, 16, 17>`, so that each access can be checked.
#pragma once
#include "runtime.hpp"
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace sim {

template <class T> struct Ref;
template <class T> struct Ptr;

// What a value of this type is once read: a number where it was a place in memory.
template <class T> struct ValueOf {
    using type = T;
};
template <class T> struct ValueOf<Ref<T>> {
    using type = T;
};
template <class T> using value_t = typename ValueOf<std::decay_t<T>>::type;

// An index that knows the line it is written on: the default argument is evaluated where the conversion happens.
struct Index {
    int64_t value;
    int line;
    template <class I, class = std::enable_if_t<std::is_integral<I>::value>>
    Index(I i, int at = __builtin_LINE()) : value(static_cast<int64_t>(i)), line(at) {}
    template <class I> Index(const Ref<I>& i, int at = __builtin_LINE()) : value(I(i)), line(at) {}
};

inline char* address(const Region* region, int64_t offset) {
    return region ? region->base + offset : reinterpret_cast<char*>(offset);
}

inline void check(const Region* region, int64_t offset, uint32_t size, int line, Kind kind) {
    if (region) {
        touch(region, offset, size, line, kind);
    } else if (offset >= 0 && offset < 4096) {
        stop(fault_out_of_bounds, line, "%s through a null pointer", kind == kind_read ? "reads" : "writes");
    }
}

template <class V> V load(const Region* region, int64_t offset, int line) {
    check(region, offset, sizeof(V), line, kind_read);
    V value;
    memcpy(static_cast<void*>(&value), address(region, offset), sizeof(V));
    return value;
}

template <class V> void store(const Region* region, int64_t offset, int line, V value) {
    check(region, offset, sizeof(V), line, kind_write);
    memcpy(address(region, offset), static_cast<const void*>(&value), sizeof(V));
}

// A place in memory: reading it and assigning to it are told apart.
template <class T> struct Ref {
    const Region* region;
    int64_t offset;
    int line;

    operator T() const { return load<T>(region, offset, line); }
    T operator=(T value) const {
        store<T>(region, offset, line, value);
        return value;
    }
    T operator=(const Ref& other) const { return *this = T(other); }
    template <class U> T operator+=(U by) const { return *this = T(T(*this) + by); }
    template <class U> T operator-=(U by) const { return *this = T(T(*this) - by); }
    template <class U> T operator*=(U by) const { return *this = T(T(*this) * by); }
    template <class U> T operator/=(U by) const { return *this = T(T(*this) / by); }
    template <class U> T operator|=(U by) const { return *this = T(T(*this) | by); }
    template <class U> T operator&=(U by) const { return *this = T(T(*this) & by); }
    template <class U> T operator^=(U by) const { return *this = T(T(*this) ^ by); }
    T operator++() const { return *this += 1; }
    T operator--() const { return *this -= 1; }
    T operator++(int) const {
        T old = *this;
        *this = T(old + 1);
        return old;
    }
    Ptr<T> operator&() const { return Ptr<T>(region, offset); }
};

// A pointer into global or shared memory with the bounds of what it points into; into a thread's own registers, without.
template <class T> struct Ptr {
    using Value = std::remove_const_t<T>;
    using Place = std::conditional_t<std::is_const<T>::value, Value, Ref<Value>>;
    const Region* region = nullptr;
    int64_t offset = 0;

    Ptr() = default;
    Ptr(std::nullptr_t) {}
    Ptr(T* local) : offset(reinterpret_cast<int64_t>(local)) {}
    Ptr(const Region* r, int64_t o) : region(r), offset(o) {}
    template <class U, class = std::enable_if_t<std::is_same<const U, T>::value>>
    Ptr(const Ptr<U>& other) : region(other.region), offset(other.offset) {}

    Place at(int64_t index, int line) const {
        const int64_t to = offset + index * static_cast<int64_t>(sizeof(T));
        if constexpr (std::is_const<T>::value) {
            return load<Value>(region, to, line);
        } else {
            return Place{region, to, line};
        }
    }
    Place operator[](Index i) const { return at(i.value, i.line); }
    Place operator*() const { return at(0, 0); }
    template <class I, class = std::enable_if_t<std::is_integral<value_t<I>>::value>> Ptr operator+(I by) const {
        return Ptr(region, offset + static_cast<int64_t>(value_t<I>(by)) * static_cast<int64_t>(sizeof(T)));
    }
    template <class I, class = std::enable_if_t<std::is_integral<value_t<I>>::value>> Ptr operator-(I by) const {
        return *this + -static_cast<int64_t>(value_t<I>(by));
    }
    template <class I> Ptr& operator+=(I by) { return *this = *this + by; }
    template <class I> Ptr& operator-=(I by) { return *this = *this - by; }
    Ptr& operator++() { return *this += 1; }
    ptrdiff_t operator-(const Ptr& other) const { return (offset - other.offset) / static_cast<int64_t>(sizeof(T)); }
    bool operator==(const Ptr& other) const { return region == other.region && offset == other.offset; }
    bool operator!=(const Ptr& other) const { return !(*this == other); }
    bool operator<(const Ptr& other) const { return offset < other.offset; }
    explicit operator bool() const { return region || offset; }
};

// reinterpret_cast between pointers: the same bytes as another type.
template <class To, class T> To pointer_cast(const Ptr<T>& from) {
    using Target = typename std::remove_reference<decltype(*static_cast<To*>(nullptr))>::type;
    static_assert(sizeof(Target) > 0 && (!std::is_const<T>::value || std::is_same<To, Ptr<const typename To::Value>>::value),
                  "reinterpret_cast must keep const");
    return To(from.region, from.offset);
}

// A shared array or one row of it. Every index is checked against its own extent, so a column that runs over into the next
// row is an error too, although it stays inside the array.
template <class T, int... Extents> struct Shared;

template <class T> struct Shared<T> : Ref<T> {
    explicit Shared(const Site& site) : Ref<T>{shared_array(site, sizeof(T), unit(), false), 0, site.line} {}
    using Ref<T>::operator=;
    static constexpr uint32_t unit() { return sizeof(T) < 4 ? sizeof(T) : 4; }
};

template <class T, int... Extents> constexpr int64_t elements() {
    int64_t product = 1;
    for (int64_t extent : {static_cast<int64_t>(Extents)...}) product *= extent;
    return product;
}

inline void check_row(const Region* region, int64_t offset, int64_t size, Index i, int64_t extent) {
    if (i.value >= 0 && i.value < extent) return;
    stop(fault_out_of_bounds, i.line, "index %lld of an extent of %lld of %s (at its element %lld)",
         static_cast<long long>(i.value), static_cast<long long>(extent), region->name, static_cast<long long>(offset / size));
}

template <class T, int N> struct Shared<T, N> {
    const Region* region;
    int64_t offset;
    explicit Shared(const Site& site) : region(shared_array(site, N * sizeof(T), Shared<T>::unit(), false)), offset(0) {}
    Shared(const Region* r, int64_t o) : region(r), offset(o) {}
    Ref<T> operator[](Index i) const {
        check_row(region, offset, sizeof(T), i, N);
        return Ref<T>{region, offset + i.value * static_cast<int64_t>(sizeof(T)), i.line};
    }
    operator Ptr<T>() const { return Ptr<T>(region, offset); }
    operator Ptr<const T>() const { return Ptr<const T>(region, offset); }
    template <class I> Ptr<T> operator+(I by) const { return Ptr<T>(region, offset) + by; }
    Ref<T> operator*() const { return Ref<T>{region, offset, 0}; }
};

template <class T, int N, int M, int... Rest> struct Shared<T, N, M, Rest...> {
    const Region* region;
    int64_t offset;
    static constexpr int64_t row_bytes = elements<T, M, Rest...>() * static_cast<int64_t>(sizeof(T));
    explicit Shared(const Site& site) : region(shared_array(site, N * row_bytes, Shared<T>::unit(), false)), offset(0) {}
    Shared(const Region* r, int64_t o) : region(r), offset(o) {}
    Shared<T, M, Rest...> operator[](Index i) const {
        check_row(region, offset, sizeof(T), i, N);
        return Shared<T, M, Rest...>(region, offset + i.value * row_bytes);
    }
};

// `extern __shared__ float buffer[];`: the array whose size the launch gives.
template <class T> Ptr<T> dynamic_shared(const Site& site) {
    return Ptr<T>(shared_array(site, 0, sizeof(T) < 4 ? sizeof(T) : 4, true), 0);
}

} // namespace sim
