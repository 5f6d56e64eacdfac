//! Sequences of a fixed length that shrink by becoming shorter: first halves are left out, then quarters,
//! then single operations, and what must stay is made simpler. (A vector of proptest's own never shrinks
//! below the least length it is generated with.)

use std::fmt;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

#[derive(Debug)]
pub struct Sequence<S> {
    pub op: S,
    pub length: usize,
}

impl<S: Strategy<Value: Clone>> Strategy for Sequence<S> {
    type Tree = Tree<S::Tree>;
    type Value = Vec<S::Value>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let ops: Result<Vec<_>, _> = (0..self.length).map(|_| self.op.new_tree(runner)).collect();
        Ok(Tree { ops: ops?, chunk: self.length.div_ceil(2), at: 0, tried: Tried::Nothing })
    }
}

pub struct Tree<T> {
    ops: Vec<T>,
    /// How many operations are left out at once; 0 when none can be missed any more.
    chunk: usize,
    at: usize,
    tried: Tried<T>,
}

enum Tried<T> {
    Nothing,
    Without(Vec<T>),
    Simpler,
}

impl<T> fmt::Debug for Tree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a sequence of {}", self.ops.len())
    }
}

impl<T: ValueTree> ValueTree for Tree<T> {
    type Value = Vec<T::Value>;

    fn current(&self) -> Self::Value {
        self.ops.iter().map(ValueTree::current).collect()
    }

    fn simplify(&mut self) -> bool {
        self.tried = Tried::Nothing;
        while self.chunk > 0 {
            if self.at < self.ops.len() {
                let end = self.ops.len().min(self.at + self.chunk);
                self.tried = Tried::Without(self.ops.drain(self.at..end).collect());
                return true;
            }
            self.at = 0;
            self.chunk = if self.chunk == 1 { 0 } else { self.chunk.div_ceil(2) };
        }
        while self.at < self.ops.len() {
            if self.ops[self.at].simplify() {
                self.tried = Tried::Simpler;
                return true;
            }
            self.at += 1;
        }
        false
    }

    fn complicate(&mut self) -> bool {
        match std::mem::replace(&mut self.tried, Tried::Nothing) {
            Tried::Nothing => false,
            Tried::Without(ops) => {
                let after = self.at + ops.len();
                self.ops.splice(self.at..self.at, ops);
                self.at = after;
                self.simplify()
            }
            Tried::Simpler => {
                self.tried = Tried::Simpler;
                self.ops[self.at].complicate()
            }
        }
    }
}
